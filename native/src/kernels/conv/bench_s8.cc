// int8 and uint8 convolutions of ResNet8, MobileNets, a keyword spotter and ResNet-50, and one dilated far down, out_h
// and out_w as SAME gives them. SPDX-License-Identifier: Apache-2.0
#include "bench.h"
#include "kernels/conv/op.h"

namespace sinter {
namespace {

struct Shape {
  int height, width, in_c, out_c, kernel_h, kernel_w, stride;
  int dilation = 1;  // down
};
const Shape shapes[] = {{224, 224, 3, 32, 3, 3, 2},   {128, 128, 3, 8, 3, 3, 2},   {224, 224, 3, 64, 7, 7, 2},
                        {96, 96, 1, 16, 3, 3, 2},     {49, 10, 1, 64, 10, 4, 2},   {32, 32, 3, 16, 3, 3, 1},
                        {32, 32, 16, 16, 3, 3, 1},    {32, 32, 16, 32, 3, 3, 2},   {16, 16, 32, 32, 3, 3, 1},
                        {16, 16, 32, 64, 3, 3, 2},    {8, 8, 64, 64, 3, 3, 1},     {32, 32, 16, 32, 1, 1, 2},
                        {16, 16, 32, 64, 1, 1, 2},    {14, 14, 256, 256, 3, 3, 1}, {1024, 8, 16, 16, 3, 1, 1, 512},
                        {1024, 8, 4, 8, 3, 1, 1, 512}};

const bool registered = [] {
  const auto register_row = [](const RowDef* row) {
    for (const Shape& s : shapes) {
      const std::string name = std::string(row->name) + "/" + std::to_string(s.height) + "x" + std::to_string(s.width) +
                               "x" + std::to_string(s.in_c) + "/n" + std::to_string(s.out_c) + "/" +
                               std::to_string(s.kernel_h) + "x" + std::to_string(s.kernel_w) + "/s" +
                               std::to_string(s.stride) + (s.dilation > 1 ? "/d" + std::to_string(s.dilation) : "");
      benchmark::RegisterBenchmark(name.c_str(), [row, s](benchmark::State& state) {
        ConvParams p = {};
        p.batch = p.groups = p.dilation_w = 1;
        p.dilation_h = s.dilation;
        p.in_h = s.height;
        p.in_w = s.width;
        p.in_c = s.in_c;
        p.out_c = s.out_c;
        p.kernel_h = s.kernel_h;
        p.kernel_w = s.kernel_w;
        p.stride_h = p.stride_w = s.stride;
        p.out_h = (s.height + s.stride - 1) / s.stride;
        p.out_w = (s.width + s.stride - 1) / s.stride;
        const int tall = (s.kernel_h - 1) * s.dilation + 1;
        p.pad_top = (tall - s.stride + 1) / 2 > 0 ? (tall - s.stride + 1) / 2 : 0;
        p.pad_left = (s.kernel_w - s.stride + 1) / 2 > 0 ? (s.kernel_w - s.stride + 1) / 2 : 0;
        const bool is_unsigned = row->types[0] == U8;
        p.w_zero_point = is_unsigned ? 120 : 0;
        p.out_min = is_unsigned ? 0 : -128;
        p.out_max = p.out_min + 255;
        const size_t n = static_cast<size_t>(s.out_c);
        const size_t k =
            static_cast<size_t>(s.kernel_h) * static_cast<size_t>(s.kernel_w) * static_cast<size_t>(s.in_c);
        std::vector<char> weights(n * k), bias(4 * n), scale(4 * n);
        for (size_t i = 0; i < weights.size(); i++) weights[i] = static_cast<char>(i * 29);
        for (size_t i = 0; i < n; i++) reinterpret_cast<float*>(scale.data())[i] = 1e-4f;
        bench_row(state, row, &p, {weights, bias, scale},
                  double(p.out_h) * p.out_w * static_cast<double>(n) * static_cast<double>(k));
      });
    }
  };
  for_each_row("conv", S8, S8, register_row);
  for_each_row("conv", U8, U8, register_row);
  return true;
}();

}  // namespace
}  // namespace sinter
