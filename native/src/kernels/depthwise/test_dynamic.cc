// depthwise of float activations and int8 weights: rows equal to the reference bit for bit.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

TEST(DepthwiseDynamic, RandomShapes) {
  Random random(75);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 300; i++) {
    DepthwiseParams p = {};
    p.batch = any(0, 3);
    p.in_h = any(1, 9);
    p.in_w = any(1, i % 50 == 0 ? 90 : 12);
    p.in_c = any(1, 70);
    p.multiplier = i % 3 == 0 ? any(1, 3) : 1;
    p.kernel_h = any(1, 5);
    p.kernel_w = any(1, 5);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 3);
    p.dilation_h = any(1, 2);
    p.dilation_w = any(1, 2);
    p.pad_top = any(0, 4);
    p.pad_left = any(0, 4);
    p.out_h = any(0, 6);
    p.out_w = any(1, 9);
    p.dynamic = any(0, 2);
    p.act_min = any(0, 1) ? -INFINITY : -1.0f;
    p.act_max = any(0, 1) ? INFINITY : 2.0f;
    const int64_t channels = int64_t{p.in_c} * p.multiplier, taps = int64_t{p.kernel_h} * p.kernel_w;
    Case c;
    c.name = "case " + std::to_string(i);
    c.op = "depthwise";
    c.types = {F32, S8, F32};
    c.params = params_of(p);
    c.sources = {bytes_of(random.s8(taps * channels)), any(0, 3) == 0 ? Bytes() : bytes_of(random.f32(channels, -1, 1)),
                 bytes_of(random.f32(channels, 0.001f, 0.02f))};
    const float low = any(0, 2) ? -1.5f : 0.0f, high = any(0, 3) ? 3.0f : 0.0f;
    c.inputs = {bytes_of(random.f32(int64_t{p.batch} * p.in_h * p.in_w * p.in_c, low, high))};
    c.out_bytes = int64_t{4} * p.batch * p.out_h * p.out_w * channels;
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(DepthwiseDynamic, RefusesHostileParameters) {
  DepthwiseParams p = {};
  p.batch = p.in_h = p.in_w = p.in_c = p.multiplier = p.out_h = p.out_w = p.kernel_h = p.kernel_w = 1;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.dynamic = 3;
  expect_refused("depthwise", params_of(p), {F32, S8, F32});
  p.dynamic = 1;
  expect_refused("depthwise", params_of(p), {F32, F32, F32});
  p.w_zero_point = 1;
  expect_refused("depthwise", params_of(p), {F32, S8, F32});
}

}  // namespace
}  // namespace sinter
