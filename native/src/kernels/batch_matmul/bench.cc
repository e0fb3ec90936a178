// batch_matmul on the products of attention (queries with keys, weights with values) and on single rows.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "kernels/batch_matmul/op.h"

namespace sinter {
namespace {

struct Shape {
  int batch, m, n, k;
  bool transpose_b;
};
const Shape shapes[] = {{4, 128, 128, 32, true}, {4, 128, 32, 128, false}, {12, 128, 128, 64, true},
                        {12, 1, 128, 64, true},  {12, 1, 64, 128, false},  {1, 512, 512, 512, false},
                        {12, 2, 128, 64, true},  {12, 4, 128, 64, true},   {12, 2, 64, 128, false},
                        {12, 4, 64, 128, false}, {1, 1, 1024, 1024, true}, {1, 1, 1024, 1024, false}};

const bool registered = [] {
  for (const DataType type : {F32, S8}) {
    for_each_row("batch_matmul", type, type, [](const RowDef* row) {
      for (const Shape& s : shapes) {
        const std::string name = std::string(row->name) + "/x" + std::to_string(s.batch) + "/m" + std::to_string(s.m) +
                                 "/n" + std::to_string(s.n) + "/k" + std::to_string(s.k) + (s.transpose_b ? "/B'" : "");
        benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
          BatchMatmulParams p = {};
          p.batch0 = p.batch1 = 1;
          p.batch2 = s.batch;
          p.a_batch2 = s.m * s.k;
          p.b_batch2 = s.k * s.n;
          p.m = s.m;
          p.n = s.n;
          p.k = s.k;
          p.transpose_b = s.transpose_b;
          p.a_zero_point = 3;
          p.scale = 1e-3f;
          p.out_min = -128;
          p.out_max = 127;
          bench_row(state, row, &p, {}, double(s.batch) * s.m * s.n * s.k);
        });
      }
    });
  }
  return true;
}();

}  // namespace
}  // namespace sinter
