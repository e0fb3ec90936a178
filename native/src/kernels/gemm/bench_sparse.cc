// Sparse int8 gemm beside the dense rows: fully connected layers and 1x1 convolutions, 80 % of the 4x4
// blocks zero. work/s counts all products, as if dense, so that rows compare directly.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "bench_shapes.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

const bool registered = [] {
  for_each_row("gemm", S8, S8, [](const RowDef* row) {
    for (const GemmShape& s : SPARSE_SHAPES) {
      const std::string name = std::string("sparse80/") + row->name + "/m" + std::to_string(s.m) + "/n" +
                               std::to_string(s.n) + "/k" + std::to_string(s.k);
      benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
        GemmParams p = {};
        p.m = s.m;
        p.n = s.n;
        p.k = s.k;
        p.lda = row->layout_in == PLANAR_QUADS ? s.m : s.k;
        p.ldc = row->layout_out == PLANAR_QUADS ? s.m : s.n;
        p.out_min = -128;
        p.out_max = 127;
        const size_t n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
        std::vector<char> weights(n * k), scale(4 * n);
        uint32_t random = 1;
        for (size_t r = 0; r < n; r += 4) {
          for (size_t q = 0; q < k; q += 4) {
            random = random * 1664525u + 1013904223u;
            if ((random >> 8) % 5 != 0) continue;
            for (size_t o = r; o < r + 4 && o < n; o++) {
              for (size_t i = q; i < q + 4 && i < k; i++) weights[o * k + i] = static_cast<char>(o * 7 + i * 3 + 1);
            }
          }
        }
        const float value = 1e-4f;
        for (size_t i = 0; i < n; i++) memcpy(&scale[4 * i], &value, 4);
        bench_row(state, row, &p, {weights, {}, scale}, double(s.m) * s.n * s.k);
      });
    }
  });
  return true;
}();

}  // namespace
}  // namespace sinter
