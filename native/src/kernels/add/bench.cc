// add: shapes of residual connections, and a bias of channels.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include "kernels/add/op.h"

namespace sinter {
namespace {

AddParams add(int32_t rows, int32_t channels, bool b_is_a_row) {
  AddParams p = {};
  p.d0 = p.d1 = p.d2 = p.d3 = 1;
  p.d4 = rows;
  p.d5 = channels;
  p.a_stride4 = channels;
  p.b_stride4 = b_is_a_row ? 0 : channels;
  p.a_stride5 = p.b_stride5 = 1;
  p.a_scale = 0.05f;
  p.b_scale = 0.03f;
  p.out_scale = 0.06f;
  p.out_min = -128;
  p.out_max = 127;
  p.act_min = -1e30f;
  p.act_max = 1e30f;
  return p;
}

const bool registered = [] {
  const int32_t shapes[][3] = {{1, 16384, 0}, {1, 65536, 0}, {196, 96, 1}, {3136, 16, 1}};
  for (const DataType type : {S8, F32}) {
    for_each_row("add", type, type, [&](const RowDef* row) {
      for (const auto& s : shapes) {
        const AddParams p = add(s[0], s[1], s[2] != 0);
        const std::string name =
            std::string(row->name) + "/" + std::to_string(s[0]) + "x" + std::to_string(s[1]) + (s[2] ? "/row" : "");
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
