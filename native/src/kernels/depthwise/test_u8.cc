// depthwise in uint8: every row against the reference over kernels, strides, dilations and paddings.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

TEST(DepthwiseU8, RandomShapes) {
  Random random(64);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 600; i++) {
    DepthwiseParams p = {};
    const bool three = i % 2 == 0;
    p.batch = any(1, 2);
    p.in_h = any(1, 9);
    p.in_w = any(1, 12);
    p.in_c = i % 8 == 0 ? 4 << any(0, 4) : any(1, 70);
    p.multiplier = i % 5 == 0 ? any(1, 4) : 1;
    p.kernel_h = three ? 3 : any(1, 5);
    p.kernel_w = three ? 3 : any(1, 5);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 3);
    p.dilation_h = any(1, 2);
    p.dilation_w = i % 3 == 0 ? 2 : 1;
    p.pad_top = any(0, 4);
    p.pad_left = any(0, 4);
    p.out_h = any(0, 6);
    p.out_w = any(1, 9);
    if (i % 4 == 0) p.in_w = any(12, 40), p.out_w = any(9, 30);  // outputs side by side, far from the sides
    p.in_zero_point = any(0, 255);
    p.w_zero_point = any(0, 255);
    p.out_zero_point = any(0, 255);
    p.out_min = any(0, 100);
    p.out_max = any(p.out_min, 255);
    const int64_t channels = int64_t{p.in_c} * p.multiplier, taps = int64_t{p.kernel_h} * p.kernel_w;
    Case c;
    c.name = "case " + std::to_string(i);
    c.op = "depthwise";
    c.types = {U8, U8, U8};
    c.params = params_of(p);
    const bool extreme = i % 7 == 0;
    const float typical = 0.03f / static_cast<float>(taps);
    c.sources = {bytes_of(random.s8(taps * channels, extreme ? -1 : -128, extreme ? 0 : 127)),
                 random.integer(0, 3) == 0 ? Bytes() : bytes_of(random.s32(channels, -9999, 9999)),
                 bytes_of(random.f32(channels, typical / 8, typical))};
    c.inputs = {bytes_of(random.s8(int64_t{p.batch} * p.in_h * p.in_w * p.in_c))};
    c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * channels;
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(DepthwiseU8, RefusesHostileParameters) {
  auto refuse = [&](auto change) {
    DepthwiseParams p = {};
    p.batch = p.in_h = p.in_w = p.in_c = p.multiplier = p.out_h = p.out_w = p.kernel_h = p.kernel_w = 1;
    p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
    p.out_max = 255;
    change(p);
    expect_refused("depthwise", params_of(p), {U8, U8, U8});
  };
  refuse([](DepthwiseParams& p) { p.w_zero_point = -1; });
  refuse([](DepthwiseParams& p) { p.w_zero_point = 256; });
  refuse([](DepthwiseParams& p) { p.in_zero_point = 256; });
  refuse([](DepthwiseParams& p) { p.out_zero_point = -1; });
  refuse([](DepthwiseParams& p) { p.out_min = -1; });
  refuse([](DepthwiseParams& p) { p.kernel_h = 33026; });
}

}  // namespace
}  // namespace sinter
