// conv of float activations and int8 weights: rows equal to the reference bit for bit.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {
namespace {

TEST(ConvDynamic, RandomShapes) {
  Random random(64);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 300; i++) {
    ConvParams p = {};
    p.batch = any(0, 3);
    p.in_h = any(1, 14);
    p.in_w = any(1, i % 50 == 0 ? 90 : 14);
    p.groups = any(1, 3);
    p.in_c = p.groups * any(1, 24);
    p.out_c = p.groups * any(1, 40);
    p.kernel_h = any(1, 5);
    p.kernel_w = any(1, 5);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 3);
    p.dilation_h = any(1, 7);
    p.dilation_w = any(1, 2);
    p.pad_top = any(0, 7);
    p.pad_left = any(0, 4);
    p.out_h = any(0, 7);
    p.out_w = any(1, 7);
    p.dynamic = any(0, DYNAMIC_LAST);
    p.act_min = any(0, 1) ? -INFINITY : -1.0f;
    p.act_max = any(0, 1) ? INFINITY : 2.0f;
    Case c;
    c.name = "case " + std::to_string(i);
    c.op = "conv";
    c.types = {F32, S8, F32};
    c.params = params_of(p);
    c.sources = {bytes_of(random.s8(p.out_c * conv_k(p))),
                 any(0, 3) == 0 ? Bytes() : bytes_of(random.f32(p.out_c, -1, 1)),
                 bytes_of(random.f32(p.out_c, 0.0001f, 0.002f))};
    const float low = any(0, DYNAMIC_LAST) ? -1.5f : 0.0f, high = any(0, 3) ? 3.0f : 0.0f;
    c.inputs = {bytes_of(random.f32(int64_t{p.batch} * p.in_h * p.in_w * p.in_c, low, high))};
    c.out_bytes = int64_t{4} * p.batch * p.out_h * p.out_w * p.out_c;
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(ConvDynamic, RefusesHostileParameters) {
  auto refuse = [&](auto change) {
    ConvParams p = {};
    p.in_h = p.in_w = p.in_c = p.out_h = p.out_w = p.out_c = p.kernel_h = p.kernel_w = 1;
    p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = p.groups = 1;
    p.act_max = 1;
    change(p);
    expect_refused("conv", params_of(p), {F32, S8, F32});
  };
  refuse([](ConvParams& p) { p.w_zero_point = 1; });
  refuse([](ConvParams& p) { p.dynamic = WEIGHT_ONLY_BF16 + 1; });
  refuse([](ConvParams& p) { p.dynamic = -1; });
  refuse([](ConvParams& p) { p.act_max = NAN; });
  refuse([](ConvParams& p) { p.kernel_h = 65537; });
}

}  // namespace
}  // namespace sinter
