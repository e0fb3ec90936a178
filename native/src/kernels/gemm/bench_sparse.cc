// Sparse int8 gemm beside the dense rows: fully connected layers and 1x1 convolutions whose weights are zero in blocks.
// work/s counts all products, as if dense, so that rows compare directly.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "bench_shapes.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

// Weights of which `percent` of the blocks of `height` outputs by 4 values of k are not zero.
std::vector<char> pruned(size_t n, size_t k, size_t height, uint32_t percent) {
  std::vector<char> weights(n * k);
  uint32_t random = 1;
  for (size_t r = 0; r < n; r += height) {
    for (size_t q = 0; q < k; q += 4) {
      random = random * 1664525u + 1013904223u;
      if ((random >> 8) % 100 >= percent) continue;
      for (size_t o = r; o < r + height && o < n; o++) {
        for (size_t i = q; i < q + 4 && i < k; i++) weights[o * k + i] = static_cast<char>((o * 7 + i * 3) | 1);
      }
    }
  }
  return weights;
}

void add(const RowDef* row, const GemmShape& s, size_t height, uint32_t percent) {
  const std::string name = "sparse" + std::to_string(100 - percent) + "/" + row->name + "/m" + std::to_string(s.m) +
                           "/n" + std::to_string(s.n) + "/k" + std::to_string(s.k);
  benchmark::RegisterBenchmark(name.c_str(), [row, s, height, percent](benchmark::State& state) {
    GemmParams p = {};
    p.m = s.m;
    p.n = s.n;
    p.k = p.lda = s.k;
    p.ldc = s.n;
    p.out_min = -128;
    p.out_max = 127;
    const size_t n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
    std::vector<char> scale(4 * n);
    const float value = 1e-4f;
    for (size_t i = 0; i < n; i++) memcpy(&scale[4 * i], &value, 4);
    bench_row(state, row, &p, {pruned(n, k, height, percent), {}, scale}, double(s.m) * s.n * s.k);
  });
}

const bool registered = [] {
  for_each_row("gemm", S8, S8, [](const RowDef* row) {
    const size_t height = strstr(row->name, "block16x4") ? 16 : strstr(row->name, "block4x4") ? 4 : 1;
    for (const GemmShape& s : SPARSE_SHAPES) {
      for (uint32_t percent : {100u, 50u, 20u, 10u, 0u}) {
        if (strstr(row->name, "block") || percent == 20) add(row, s, height, percent);
      }
    }
  });
  return true;
}();

}  // namespace
}  // namespace sinter
