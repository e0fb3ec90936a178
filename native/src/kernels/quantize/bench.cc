// quantize: a picture and a map, each pair of types.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include "kernels/quantize/op.h"

namespace sinter {
namespace {

const bool registered = [] {
  const DataType types[][2] = {{F32, S8}, {F32, U8}, {S8, F32}, {U8, F32}, {S8, S8}, {U8, S8}, {S8, U8}, {U8, U8}};
  for (const auto& t : types) {
    for_each_row("quantize", t[0], t[1], [&](const RowDef* row) {
      for (const int32_t count : {3072, 150528}) {
        const QuantizeParams p = {count, 0.05f, 3, 0.03f, 5};
        const std::string name = std::string(row->name) + "/" + std::to_string(count);
        benchmark::RegisterBenchmark(name.c_str(),
                                     [row, p](benchmark::State& state) { bench_row(state, row, &p, {}, p.count); });
      }
    });
  }
  return true;
}();

}  // namespace
}  // namespace sinter
