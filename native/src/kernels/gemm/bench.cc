// gemm in int8 on layers of MobileNetV2, ResNet8 and DS-CNN.
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
                        {1, 128, 640},   {1, 128, 128},   {1, 640, 128},   {1, 8, 128},     {1, 128, 8},
                        {125, 64, 64},   {1024, 16, 144}, {512, 512, 512}};

const bool registered = [] {
  for_each_row("gemm", S8, S8, [](const RowDef* row) {
    if (row->layout_in != NHWC) return;
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
        p.out_min = -128;
        p.out_max = 127;
        std::vector<char> weights(static_cast<size_t>(s.n) * static_cast<size_t>(s.k));
        for (size_t i = 0; i < weights.size(); i++) weights[i] = static_cast<char>(i * 29);
        std::vector<char> bias(static_cast<size_t>(s.n) * 4), scale(static_cast<size_t>(s.n) * 4);
        for (size_t i = 0; i < static_cast<size_t>(s.n); i++) reinterpret_cast<float*>(scale.data())[i] = 1e-4f;
        bench_row(state, row, &p, {weights, bias, scale}, double(s.m) * s.n * s.k);
      });
    }
  });
  return true;
}();

}  // namespace
}  // namespace sinter
