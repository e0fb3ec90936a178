// unary: functions of floats.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include "kernels/unary/op.h"

namespace sinter {
namespace {

const bool registered = [] {
  static const struct {
    const char* name;
    int32_t function;
  } functions[] = {{"exp", UNARY_EXP},
                   {"log", UNARY_LOG},
                   {"sqrt", UNARY_SQRT},
                   {"rsqrt", UNARY_RSQRT},
                   {"sin", UNARY_SIN},
                   {"cos", UNARY_COS},
                   {"logistic", UNARY_LOGISTIC},
                   {"tanh", UNARY_TANH},
                   {"elu", UNARY_ELU},
                   {"gelu", UNARY_GELU},
                   {"gelu_approximate", UNARY_GELU_APPROXIMATE}};
  for_each_row("unary", F32, F32, [&](const RowDef* row) {
    for (const auto& f : functions) {
      UnaryParams p = {};
      p.function = f.function;
      p.count = 18816;
      benchmark::RegisterBenchmark((std::string(row->name) + "/" + f.name).c_str(),
                                   [row, p](benchmark::State& state) { bench_row(state, row, &p, {}, p.count); });
    }
  });
  return true;
}();

}  // namespace
}  // namespace sinter
