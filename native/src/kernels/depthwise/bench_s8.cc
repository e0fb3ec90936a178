// int8 and uint8 depthwise on layers of MobileNetV2, MobileNetV1 0.25, DS-CNN, EfficientNet and hand landmarks.
// SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

struct Shape {
  int height, width, channels, stride, kernel;
};
const Shape shapes[] = {{112, 112, 32, 1, 3}, {112, 112, 96, 2, 3}, {56, 56, 144, 1, 3}, {56, 56, 144, 2, 3},
                        {28, 28, 192, 1, 3},  {28, 28, 192, 2, 3},  {14, 14, 384, 1, 3}, {14, 14, 576, 1, 3},
                        {14, 14, 576, 2, 3},  {7, 7, 960, 1, 3},    {48, 48, 8, 1, 3},   {25, 5, 64, 1, 3},
                        {128, 128, 32, 1, 5}, {64, 64, 64, 1, 5},   {56, 56, 144, 2, 5}, {28, 28, 240, 1, 5},
                        {14, 14, 480, 1, 5},  {7, 7, 1152, 1, 5},   {14, 14, 384, 1, 7}};

const bool registered = [] {
  const auto register_row = [](const RowDef* row) {
    for (const Shape& s : shapes) {
      const std::string name = std::string(row->name) + "/" + std::to_string(s.height) + "x" + std::to_string(s.width) +
                               "x" + std::to_string(s.channels) + "/" + std::to_string(s.kernel) + "x" +
                               std::to_string(s.kernel) + "/s" + std::to_string(s.stride);
      benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
        DepthwiseParams p = {};
        p.batch = p.multiplier = p.dilation_h = p.dilation_w = 1;
        p.in_h = s.height;
        p.in_w = s.width;
        p.in_c = s.channels;
        p.kernel_h = p.kernel_w = s.kernel;
        p.stride_h = p.stride_w = s.stride;
        p.out_h = (s.height + s.stride - 1) / s.stride;
        p.out_w = (s.width + s.stride - 1) / s.stride;
        p.pad_top = p.pad_left = s.stride == 1 ? s.kernel / 2 : (s.kernel - 2) / 2;
        const bool is_unsigned = row->types[0] == U8;
        p.w_zero_point = is_unsigned ? 120 : 0;
        p.out_min = is_unsigned ? 0 : -128;
        p.out_max = p.out_min + 255;
        const size_t channels = static_cast<size_t>(s.channels), taps = static_cast<size_t>(s.kernel * s.kernel);
        std::vector<char> weights(taps * channels), scale(4 * channels);
        for (size_t i = 0; i < weights.size(); i++) weights[i] = static_cast<char>(i * 29);
        const float value = 1e-3f;
        for (size_t i = 0; i < channels; i++) memcpy(&scale[4 * i], &value, 4);
        bench_row(state, row, &p, {weights, {}, scale},
                  1.0 * static_cast<double>(taps) * p.out_h * p.out_w * s.channels);
      });
    }
  };
  for_each_row("depthwise", S8, S8, register_row);
  for_each_row("depthwise", U8, U8, register_row);
  return true;
}();

}  // namespace
}  // namespace sinter
