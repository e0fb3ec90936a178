// reduce: means over height and width, and over the last dimension.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include "kernels/reduce/op.h"

namespace sinter {
namespace {

const bool registered = [] {
  const int32_t shapes[][3] = {{49, 1280, 0b010000}, {64, 64, 0b010000}, {196, 576, 0b010000}, {196, 768, 0b100000}};
  for (const DataType type : {S8, F32}) {
    for_each_row("reduce", type, type, [&](const RowDef* row) {
      for (const auto& s : shapes) {
        const ReduceParams p = {REDUCE_MEAN, 1, 1, 1, 1, s[0], s[1], s[2], 0.05f, 3, 0.04f, -5};
        const std::string name = std::string(row->name) + "/" + std::to_string(s[0]) + "x" + std::to_string(s[1]) +
                                 (s[2] == 0b010000 ? "/rows" : "/last");
        benchmark::RegisterBenchmark(name.c_str(), [row, p](benchmark::State& state) {
          bench_row(state, row, &p, {}, static_cast<double>(p.d4) * p.d5);
        });
      }
    });
  }
  return true;
}();

}  // namespace
}  // namespace sinter
