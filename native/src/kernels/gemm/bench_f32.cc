// gemm in float on layers of MobileNetV2 and of a small transformer, and on single rows.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

struct Shape {
  int m, n, k;
};
const Shape shapes[] = {{12544, 16, 32}, {12544, 96, 16}, {3136, 24, 96},  {3136, 144, 24}, {784, 32, 144},
                        {784, 192, 32},  {196, 64, 192},  {196, 384, 64},  {196, 96, 384},  {49, 160, 576},
                        {49, 960, 160},  {49, 320, 960},  {49, 1280, 320}, {1, 1001, 1280}, {1, 1024, 1024},
                        {512, 512, 512}, {64, 384, 384},  {64, 1536, 384}, {64, 384, 1536}};

const bool registered = [] {
  for_each_row("gemm", F32, F32, [](const RowDef* row) {
    for (const Shape& s : shapes) {
      const std::string name =
          std::string(row->name) + "/m" + std::to_string(s.m) + "/n" + std::to_string(s.n) + "/k" + std::to_string(s.k);
      benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
        GemmParams p = {};
        p.m = s.m;
        p.n = s.n;
        p.k = s.k;
        p.lda = s.k;
        p.ldc = s.n;
        p.act_min = 0;
        p.act_max = 6;
        const std::vector<char> weights(static_cast<size_t>(s.n) * static_cast<size_t>(s.k) * 4);
        const std::vector<char> bias(static_cast<size_t>(s.n) * 4);
        bench_row(state, row, &p, {weights, bias, {}}, double(s.m) * s.n * s.k);
      });
    }
  });
  return true;
}();

}  // namespace
}  // namespace sinter
