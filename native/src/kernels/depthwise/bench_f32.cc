// depthwise in float on layers of MobileNetV2 and DS-CNN.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

struct Shape {
  int size, channels, kernel, stride, dilation;
};
const Shape shapes[] = {{112, 32, 3, 1, 1}, {112, 96, 3, 2, 1}, {56, 144, 3, 1, 1}, {28, 192, 3, 1, 1},
                        {14, 384, 3, 1, 1}, {14, 576, 3, 2, 1}, {7, 960, 3, 1, 1},  {25, 64, 3, 1, 1},
                        {28, 120, 5, 1, 1}, {28, 128, 3, 1, 2}};

const bool registered = [] {
  for_each_row("depthwise", F32, F32, [](const RowDef* row) {
    for (const Shape& s : shapes) {
      const std::string name = std::string(row->name) + "/" + std::to_string(s.size) + "x" + std::to_string(s.size) +
                               "x" + std::to_string(s.channels) + "/kernel" + std::to_string(s.kernel) + "/stride" +
                               std::to_string(s.stride) + "/dilation" + std::to_string(s.dilation);
      benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
        DepthwiseParams p = {};
        p.batch = p.multiplier = 1;
        p.dilation_h = p.dilation_w = s.dilation;
        p.in_h = p.in_w = s.size;
        p.in_c = s.channels;
        p.out_h = p.out_w = (s.size + s.stride - 1) / s.stride;
        p.kernel_h = p.kernel_w = s.kernel;
        p.stride_h = p.stride_w = s.stride;
        p.pad_top = p.pad_left = s.stride == 1 ? s.kernel / 2 * s.dilation : 0;
        p.act_min = 0;
        p.act_max = 6;
        const int taps = s.kernel * s.kernel * s.channels;
        const std::vector<char> weights(static_cast<size_t>(taps) * 4);
        const std::vector<char> bias(static_cast<size_t>(s.channels) * 4);
        bench_row(state, row, &p, {weights, bias, {}}, double(p.out_h) * p.out_w * taps);
      });
    }
  });
  return true;
}();

}  // namespace
}  // namespace sinter
