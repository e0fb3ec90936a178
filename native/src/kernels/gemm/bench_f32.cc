// gemm in float and in bfloat16 on the products of benchmarks/shapes.json.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "bench_shapes.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

void register_row(const RowDef* row) {
  const DataType by = row->types[1];
  if (by != F32 && by != BF16) return;  // float by int8 is for the model's own layers
  for (const GemmShape& s : GEMM_SHAPES) {
    const std::string name =
        std::string(row->name) + "/m" + std::to_string(s.m) + "/n" + std::to_string(s.n) + "/k" + std::to_string(s.k);
    benchmark::RegisterBenchmark(name.c_str(), [row, s, by](benchmark::State& state) {
      GemmParams p = {};
      p.m = s.m;
      p.n = s.n;
      p.k = s.k;
      p.lda = s.k;
      p.ldc = s.n;
      p.act_min = 0;
      p.act_max = 6;
      const size_t bytes = by == F32 ? 4 : 2;
      const std::vector<char> weights(static_cast<size_t>(s.n) * static_cast<size_t>(s.k) * bytes);
      const std::vector<char> bias(static_cast<size_t>(s.n) * 4);
      bench_row(state, row, &p, {weights, bias, {}}, double(s.m) * s.n * s.k);
    });
  }
}

const bool registered = [] {
  for_each_row("gemm", F32, F32, register_row);
  for_each_row("gemm", BF16, F32, register_row);
  return true;
}();

}  // namespace
}  // namespace sinter
