// transpose_conv of float activations and int8 weights: with stride 1 it is a convolution with the kernel turned
// around. SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/transpose_conv/op.h"

namespace sinter {
namespace {

TEST(TransposeConvDynamic, WithoutStrideIsAConvolutionTurnedAround) {
  Random random(91);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 100 && !HasFailure(); i++) {
    TransposeConvParams p = {};
    p.batch = any(1, 2);
    p.in_h = any(1, 7);
    p.in_w = any(1, 7);
    p.in_c = any(1, 9);
    p.out_c = any(1, 9);
    p.kernel_h = any(1, 4);
    p.kernel_w = any(1, 4);
    p.stride_h = p.stride_w = 1;
    p.pad_top = any(0, p.kernel_h - 1);
    p.pad_left = any(0, p.kernel_w - 1);
    p.out_h = any(1, 8);
    p.out_w = any(1, 8);
    p.act_min = -3.0f;
    p.act_max = 3.0f;
    const int64_t taps = int64_t{p.kernel_h} * p.kernel_w;
    Case c;
    c.name = "transpose_conv by xnn.dynamic8";
    c.op = "transpose_conv";
    c.types = {F32, S8, F32};
    const std::vector<int8_t> weights = random.s8(p.out_c * taps * p.in_c);
    c.sources = {bytes_of(weights), bytes_of(random.f32(p.out_c, -1, 1)), bytes_of(random.f32(p.out_c, 0.001f, 0.01f))};
    c.inputs = {bytes_of(random.f32(int64_t{p.batch} * p.in_h * p.in_w * p.in_c, -2, 3))};
    c.params = params_of(p);
    c.out_bytes = int64_t{4} * p.batch * p.out_h * p.out_w * p.out_c;
    const Bytes actual = run_reference(c);

    ConvParams q = {};
    q.batch = p.batch;
    q.in_h = p.in_h;
    q.in_w = p.in_w;
    q.in_c = p.in_c;
    q.out_h = p.out_h;
    q.out_w = p.out_w;
    q.out_c = p.out_c;
    q.kernel_h = p.kernel_h;
    q.kernel_w = p.kernel_w;
    q.stride_h = q.stride_w = q.dilation_h = q.dilation_w = q.groups = 1;
    q.pad_top = p.kernel_h - 1 - p.pad_top;
    q.pad_left = p.kernel_w - 1 - p.pad_left;
    q.act_min = p.act_min;
    q.act_max = p.act_max;
    std::vector<int8_t> turned(weights.size());
    for (int64_t o = 0; o < p.out_c; o++) {
      for (int64_t t = 0; t < taps; t++) {
        memcpy(&turned[static_cast<size_t>((o * taps + taps - 1 - t) * p.in_c)],
               &weights[static_cast<size_t>((o * taps + t) * p.in_c)], static_cast<size_t>(p.in_c));
      }
    }
    Case d = c;
    d.op = "conv";
    d.params = params_of(q);
    d.sources[0] = bytes_of(turned);
    EXPECT_EQ(run_reference(d), actual) << "case " << i;
  }
}

}  // namespace
}  // namespace sinter
