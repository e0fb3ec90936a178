// conv in uint8: every row against the reference over kernels, strides, dilations, groups and paddings.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {
namespace {

// With zero points, bounds, weights and values of their own.
Case make_case(Random& random, ConvParams p, int number) {
  const auto any = [&](int from, int to) { return static_cast<int32_t>(random.integer(from, to)); };
  p.in_zero_point = any(0, 255);
  p.w_zero_point = any(0, 255);
  p.out_zero_point = any(0, 255);
  p.out_min = any(0, 128);
  p.out_max = any(p.out_min, 255);
  Case c;
  c.name = "case " + std::to_string(number);
  c.op = "conv";
  c.types = {U8, U8, U8};
  c.params = params_of(p);
  const int64_t k = conv_k(p);
  c.sources = {bytes_of(random.s8(p.out_c * k)),
               random.integer(0, 3) == 0 ? Bytes() : bytes_of(random.s32(p.out_c, -9999, 9999)),
               bytes_of(random.f32(p.out_c, 0.002f / static_cast<float>(k), 0.02f / static_cast<float>(k)))};
  c.inputs = {bytes_of(random.s8(int64_t{p.batch} * p.in_h * p.in_w * p.in_c))};
  c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * p.out_c;
  return c;
}

TEST(ConvU8, RandomShapes) {
  Random random(63);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 300; i++) {
    ConvParams p = {};
    p.batch = any(1, 2);
    p.in_h = any(1, 14);
    p.in_w = any(1, 14);
    p.groups = any(1, 3);
    p.in_c = p.groups * any(1, 24);
    p.out_c = p.groups * any(1, 40);
    p.kernel_h = any(1, 5);
    p.kernel_w = any(1, 5);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 3);
    p.dilation_h = any(1, 8);
    p.dilation_w = any(1, 2);
    p.pad_top = any(0, 7);
    p.pad_left = any(0, 4);
    p.out_h = any(0, 7);
    p.out_w = any(1, 7);
    const Case c = make_case(random, p, i);
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(ConvU8, FewChannels) {
  Random random(22);
  for (int i = 0; i < 120; i++) {
    const auto any = [&](int from, int to) { return static_cast<int32_t>(random.integer(from, to)); };
    ConvParams p = {};
    p.batch = any(1, 2);
    p.in_h = any(1, 12);
    p.in_w = any(1, 100);
    p.in_c = any(1, 4);
    p.out_c = any(1, 8);
    p.kernel_h = any(1, 5);
    p.kernel_w = any(1, 7);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 2);
    p.dilation_h = any(1, 2);
    p.dilation_w = p.groups = 1;
    p.pad_top = any(0, 4);
    p.pad_left = any(0, 4);
    p.out_h = any(1, 7);
    p.out_w = any(1, 70);
    run_differential(make_case(random, p, i));
    if (HasFailure()) return;
  }
}

TEST(ConvU8, RefusesHostileParameters) {
  auto refuse = [&](auto change) {
    ConvParams p = {};
    p.in_h = p.in_w = p.in_c = p.out_h = p.out_w = p.out_c = p.kernel_h = p.kernel_w = 1;
    p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = p.groups = 1;
    p.out_max = 255;
    change(p);
    expect_refused("conv", params_of(p), {U8, U8, U8});
  };
  refuse([](ConvParams& p) { p.w_zero_point = -1; });
  refuse([](ConvParams& p) { p.w_zero_point = 256; });
  refuse([](ConvParams& p) { p.in_zero_point = 256; });
  refuse([](ConvParams& p) { p.out_zero_point = -1; });
  refuse([](ConvParams& p) { p.out_min = -1; });
  refuse([](ConvParams& p) { p.kernel_h = 33026; });
}

}  // namespace
}  // namespace sinter
