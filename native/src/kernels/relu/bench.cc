// relu: clamps with equal and with different scales, and the leaky relu.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include "kernels/relu/op.h"

namespace sinter {
namespace {

const bool registered = [] {
  for (const DataType type : {S8, U8, F32}) {
    for_each_row("relu", type, type, [&](const RowDef* row) {
      for (int form = 0; form < 3; form++) {
        const float out_scale = form == 0 ? 0.05f : 0.03f;
        const ReluParams p = {
            form == 2 ? RELU_LEAKY : RELU_CLAMP, 65536, 0.1f, 0.05f, 3, out_scale, 3, 3, 127, 0.0f, 6.0f};
        const char* const forms[] = {"/clamp", "/clamp_rescaled", "/leaky"};
        benchmark::RegisterBenchmark((std::string(row->name) + forms[form]).c_str(),
                                     [row, p](benchmark::State& state) { bench_row(state, row, &p, {}, p.count); });
      }
    });
  }
  return true;
}();

}  // namespace
}  // namespace sinter
