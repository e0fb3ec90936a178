// conv in float on first layers and on layers of ResNet.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "kernels/conv/op.h"

namespace sinter {
namespace {

struct Shape {
  int size, channels, outputs, kernel, stride;
};
const Shape shapes[] = {{224, 3, 32, 3, 2},   {96, 3, 8, 3, 2},     {32, 3, 16, 3, 1},  {32, 16, 16, 3, 1},
                        {32, 16, 32, 3, 2},   {16, 32, 32, 3, 1},   {8, 64, 64, 3, 1},  {56, 64, 64, 3, 1},
                        {28, 128, 128, 3, 1}, {14, 256, 256, 3, 1}, {7, 512, 512, 3, 1}};

const bool registered = [] {
  for_each_row("conv", F32, F32, [](const RowDef* row) {
    for (const Shape& s : shapes) {
      const std::string name = std::string(row->name) + "/" + std::to_string(s.size) + "x" + std::to_string(s.size) +
                               "x" + std::to_string(s.channels) + "/to" + std::to_string(s.outputs) + "/kernel" +
                               std::to_string(s.kernel) + "/stride" + std::to_string(s.stride);
      benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
        ConvParams p = {};
        p.batch = p.groups = p.dilation_h = p.dilation_w = 1;
        p.in_h = p.in_w = s.size;
        p.in_c = s.channels;
        p.out_h = p.out_w = (s.size + s.stride - 1) / s.stride;
        p.out_c = s.outputs;
        p.kernel_h = p.kernel_w = s.kernel;
        p.stride_h = p.stride_w = s.stride;
        p.pad_top = p.pad_left = s.stride == 1 ? s.kernel / 2 : 0;
        p.act_min = 0;
        p.act_max = 6;
        const int products = s.outputs * s.kernel * s.kernel * s.channels;
        const std::vector<char> weights(static_cast<size_t>(products) * 4);
        const std::vector<char> bias(static_cast<size_t>(s.outputs) * 4);
        bench_row(state, row, &p, {weights, bias, {}}, double(p.out_h) * p.out_w * products);
      });
    }
  });
  return true;
}();

}  // namespace
}  // namespace sinter
