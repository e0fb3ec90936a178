// gemm of int8 and uint8, requantized and plain sums, on the products of benchmarks/shapes.json.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "bench_shapes.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

void register_row(const RowDef* row) {
  if (row->layout_in != NHWC) return;
  for (const GemmShape& s : GEMM_SHAPES) {
    const std::string name =
        std::string(row->name) + "/m" + std::to_string(s.m) + "/n" + std::to_string(s.n) + "/k" + std::to_string(s.k);
    benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
      GemmParams p = {};
      p.m = s.m;
      p.n = s.n;
      p.k = s.k;
      p.lda = s.k;
      p.ldc = s.n;
      p.out_min = -128;
      p.out_max = 127;
      std::vector<char> weights(static_cast<size_t>(s.n) * static_cast<size_t>(s.k));
      for (size_t i = 0; i < weights.size(); i++) weights[i] = static_cast<char>(i * 29);
      std::vector<char> bias(static_cast<size_t>(s.n) * 4), scale(static_cast<size_t>(s.n) * 4);
      for (size_t i = 0; i < static_cast<size_t>(s.n); i++) reinterpret_cast<float*>(scale.data())[i] = 1e-4f;
      if (row->types[2] == S32) scale.clear();
      bench_row(state, row, &p, {weights, bias, scale}, double(s.m) * s.n * s.k);
    });
  }
}

const bool registered = [] {
  for_each_row("gemm", S8, S8, register_row);
  for_each_row("gemm", S8, S32, register_row);
  for_each_row("gemm", U8, S32, register_row);
  return true;
}();

}  // namespace
}  // namespace sinter
