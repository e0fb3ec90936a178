// softmax: classifier heads and attention rows.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include "kernels/softmax/op.h"

namespace sinter {
namespace {

const bool registered = [] {
  const int32_t shapes[][2] = {{1, 10}, {1, 12}, {1, 1001}, {196, 196}, {64, 64}};
  for (const DataType type : {S8, F32}) {
    for_each_row("softmax", type, type, [&](const RowDef* row) {
      for (const auto& s : shapes) {
        const SoftmaxParams p = {s[0], s[1], 1.0f, 0.1f, 1.0f / 256.0f, -128};
        const std::string name = std::string(row->name) + "/" + std::to_string(s[0]) + "x" + std::to_string(s[1]);
        benchmark::RegisterBenchmark(name.c_str(), [row, p](benchmark::State& state) {
          bench_row(state, row, &p, {}, static_cast<double>(p.rows) * p.depth);
        });
      }
    });
  }
  return true;
}();

}  // namespace
}  // namespace sinter
