// depthwise in float: every row against the reference.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

Case make_case(Random& random, const DepthwiseParams& p, bool bias, bool whole, bool bf16_in = false,
               bool bf16_out = false) {
  const int64_t channels = int64_t{p.in_c} * p.multiplier, taps = int64_t{p.kernel_h} * p.kernel_w;
  Case c;
  c.name = "depthwise f32 " + std::to_string(p.batch) + "x" + std::to_string(p.in_h) + "x" + std::to_string(p.in_w) +
           "x" + std::to_string(p.in_c) + " times " + std::to_string(p.multiplier) + " to " + std::to_string(p.out_h) +
           "x" + std::to_string(p.out_w) + ", kernel " + std::to_string(p.kernel_h) + "x" + std::to_string(p.kernel_w) +
           ", stride " + std::to_string(p.stride_h) + "x" + std::to_string(p.stride_w) + ", dilation " +
           std::to_string(p.dilation_h) + "x" + std::to_string(p.dilation_w) + ", pad " + std::to_string(p.pad_top) +
           " " + std::to_string(p.pad_left);
  c.op = "depthwise";
  c.types = {bf16_in ? BF16 : F32, F32, bf16_out ? BF16 : F32};
  c.params = params_of(p);
  c.sources = {float_values(random, channels * taps, whole), bias ? float_values(random, channels, whole) : Bytes(),
               Bytes()};
  const Bytes in = float_values(random, int64_t{p.batch} * p.in_h * p.in_w * p.in_c, whole);
  c.inputs = {bf16_in ? as_bf16(in) : in};
  c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * channels * (bf16_out ? 2 : 4);
  c.tolerance = value_tolerance(taps, whole);
  return c;
}

TEST(DepthwiseF32, RandomShapes) {
  Random random(31);
  for (int i = 0; i < 300; i++) {
    DepthwiseParams p = {};
    p.batch = static_cast<int32_t>(random.integer(1, 2));
    p.in_h = static_cast<int32_t>(random.integer(1, 14));
    p.in_w = static_cast<int32_t>(random.integer(1, 20));
    p.in_c = static_cast<int32_t>(random.integer(1, i % 9 ? 40 : 2));
    p.multiplier = i % 4 == 0 ? static_cast<int32_t>(random.integer(2, 4)) : i % 13 == 0 ? 8 : 1;
    p.kernel_h = static_cast<int32_t>(random.integer(1, 5));
    p.kernel_w = i % 2 ? 3 : static_cast<int32_t>(random.integer(1, 5));
    p.stride_h = static_cast<int32_t>(random.integer(1, 3));
    p.stride_w = static_cast<int32_t>(random.integer(1, 3));
    p.dilation_h = i % 5 == 0 ? 2 : 1;
    p.dilation_w = i % 5 == 0 ? static_cast<int32_t>(random.integer(1, 3)) : 1;
    p.pad_top = static_cast<int32_t>(random.integer(0, 3));
    p.pad_left = static_cast<int32_t>(random.integer(0, 3));
    p.out_h = static_cast<int32_t>(random.integer(1, 8));
    p.out_w = static_cast<int32_t>(random.integer(1, 16));
    p.act_min = i % 3 ? -INFINITY : 0.0f;
    p.act_max = i % 3 ? INFINITY : 6.0f;
    run_differential(make_case(random, p, i % 3, i % 2));
    run_differential(make_case(random, p, i % 3, i % 2, i % 5 < 3, i % 5 % 2 == 0));
    if (HasFailure()) return;
  }
}

// The layers that models have: kernels of 3x3 and 5x5, SAME and VALID, every width of outputs up to two groups and
// more, every remainder of channels. Dilated ones, too.
TEST(DepthwiseF32, UsualLayers) {
  Random random(32);
  for (int kernel : {3, 5}) {
    for (int stride : {1, 2}) {
      for (int dilation : {1, 2, 3}) {
        if (stride * dilation > 3) continue;
        const int reach = dilation * (kernel - 1) + 1;
        for (int pad : {0, reach / 2}) {
          for (int width = reach; width < 35; width += width < reach + 14 ? 1 : 3) {
            for (int channels : {1, 7, 8, 9, 16, 31, 32, 33, 40, 65}) {
              DepthwiseParams p = {};
              p.batch = p.multiplier = p.dilation_h = 1;
              p.dilation_w = dilation;
              p.in_h = 6;
              p.in_w = width;
              p.in_c = channels;
              p.kernel_h = p.kernel_w = kernel;
              p.stride_h = p.stride_w = stride;
              p.pad_top = pad ? kernel / 2 : 0;
              p.pad_left = pad;
              p.out_h = (p.in_h + 2 * p.pad_top - kernel) / stride + 1;
              p.out_w = (p.in_w + 2 * pad - reach) / stride + 1;
              p.act_min = 0;
              p.act_max = 6;
              run_differential(make_case(random, p, true, width % 2));
              run_differential(make_case(random, p, true, width % 2, channels % 3 > 0, channels % 3 < 2));
              if (HasFailure()) return;
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace sinter
