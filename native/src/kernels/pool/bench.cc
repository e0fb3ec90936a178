// pool: windows of the usual networks.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include "kernels/pool/op.h"

namespace sinter {
namespace {

const bool registered = [] {
  // kind, side, channels, kernel, stride
  const int32_t shapes[][5] = {{POOL_MAX, 112, 64, 3, 2},
                               {POOL_MAX, 56, 64, 2, 2},
                               {POOL_AVERAGE, 8, 64, 8, 8},
                               {POOL_AVERAGE, 7, 1280, 7, 7},
                               {POOL_AVERAGE, 28, 96, 3, 1}};
  for (const DataType type : {S8, F32}) {
    for_each_row("pool", type, type, [&](const RowDef* row) {
      for (const auto& s : shapes) {
        PoolParams p = {};
        p.kind = s[0];
        p.batch = 1;
        p.in_h = p.in_w = s[1];
        p.channels = s[2];
        p.kernel_h = p.kernel_w = s[3];
        p.stride_h = p.stride_w = s[4];
        p.out_h = p.out_w = (s[1] - s[3]) / s[4] + 1;
        p.out_min = -128;
        p.out_max = 127;
        p.act_min = -1e30f;
        p.act_max = 1e30f;
        const std::string name = std::string(row->name) + (s[0] == POOL_MAX ? "/max/" : "/average/") +
                                 std::to_string(s[1]) + "x" + std::to_string(s[2]) + "/k" + std::to_string(s[3]) + "s" +
                                 std::to_string(s[4]);
        benchmark::RegisterBenchmark(name.c_str(), [row, p](benchmark::State& state) {
          bench_row(state, row, &p, {}, static_cast<double>(p.out_h) * p.out_w * p.channels * p.kernel_h * p.kernel_w);
        });
      }
    });
  }
  return true;
}();

}  // namespace
}  // namespace sinter
