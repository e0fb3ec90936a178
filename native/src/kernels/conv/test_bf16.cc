// conv in bfloat16: every row against the reference.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {
namespace {

Case make_case(Random& random, const ConvParams& p, bool bias, bool whole) {
  const int64_t k = conv_k(p);
  Case c;
  c.name = "conv bf16 " + std::to_string(p.batch) + "x" + std::to_string(p.in_h) + "x" + std::to_string(p.in_w) + "x" +
           std::to_string(p.in_c) + " to " + std::to_string(p.out_h) + "x" + std::to_string(p.out_w) + "x" +
           std::to_string(p.out_c) + ", kernel " + std::to_string(p.kernel_h) + "x" + std::to_string(p.kernel_w) +
           ", stride " + std::to_string(p.stride_h) + "x" + std::to_string(p.stride_w) + ", dilation " +
           std::to_string(p.dilation_h) + "x" + std::to_string(p.dilation_w) + ", pad " + std::to_string(p.pad_top) +
           " " + std::to_string(p.pad_left) + ", groups " + std::to_string(p.groups);
  c.op = "conv";
  const bool bf16_in = random.integer(0, 1), bf16_out = random.integer(0, 1);
  c.types = {bf16_in ? BF16 : F32, BF16, bf16_out ? BF16 : F32};
  c.params = params_of(p);
  c.sources = {float_values(random, p.out_c * k, whole), bias ? float_values(random, p.out_c, whole) : Bytes(),
               Bytes()};
  const Bytes in = float_values(random, int64_t{p.batch} * p.in_h * p.in_w * p.in_c, whole);
  c.inputs = {bf16_in ? as_bf16(in) : in};
  c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * p.out_c * (bf16_out ? 2 : 4);
  c.tolerance = value_tolerance(k, whole);
  return c;
}

TEST(ConvBf16, RandomShapes) {
  Random random(46);
  for (int i = 0; i < 200; i++) {
    ConvParams p = {};
    p.groups = i % 4 == 0 ? static_cast<int32_t>(random.integer(2, 3)) : 1;
    p.batch = static_cast<int32_t>(random.integer(1, 2));
    p.in_h = static_cast<int32_t>(random.integer(1, 12));
    p.in_w = static_cast<int32_t>(random.integer(1, 12));
    p.in_c = p.groups * static_cast<int32_t>(random.integer(1, 20));
    p.out_c = p.groups * static_cast<int32_t>(random.integer(1, 36));
    p.kernel_h = static_cast<int32_t>(random.integer(1, 4));
    p.kernel_w = static_cast<int32_t>(random.integer(1, 4));
    p.stride_h = static_cast<int32_t>(random.integer(1, 3));
    p.stride_w = static_cast<int32_t>(random.integer(1, 3));
    p.dilation_h = i % 5 < 2 ? static_cast<int32_t>(random.integer(2, 7)) : 1;
    p.dilation_w = i % 5 == 0 ? 2 : 1;
    p.pad_top = static_cast<int32_t>(random.integer(0, 3));
    p.pad_left = static_cast<int32_t>(random.integer(0, 3));
    p.out_h = static_cast<int32_t>(random.integer(1, 8));
    p.out_w = static_cast<int32_t>(random.integer(1, 8));
    p.act_min = i % 3 ? -INFINITY : 0.0f;
    p.act_max = i % 3 ? INFINITY : 6.0f;
    run_differential(make_case(random, p, i % 3, i % 2));
    if (HasFailure()) return;
  }
}

// The layers that models have: SAME and VALID, stride 1 and 2, few and many channels, whole rows of pixels.
TEST(ConvBf16, UsualLayers) {
  Random random(47);
  for (int kernel : {1, 3, 5}) {
    for (int stride : {1, 2}) {
      for (int pad : {0, kernel / 2}) {
        for (int channels : {1, 3, 8, 19}) {
          for (int outputs : {1, 8, 15, 16, 33}) {
            ConvParams p = {};
            p.groups = p.dilation_h = p.dilation_w = 1;
            p.batch = 1;
            p.in_h = 9;
            p.in_w = 15;
            p.in_c = channels;
            p.out_c = outputs;
            p.kernel_h = p.kernel_w = kernel;
            p.stride_h = p.stride_w = stride;
            p.pad_top = p.pad_left = pad;
            p.out_h = (p.in_h + 2 * pad - kernel) / stride + 1;
            p.out_w = (p.in_w + 2 * pad - kernel) / stride + 1;
            p.act_min = -INFINITY;
            p.act_max = outputs % 2 ? 6.0f : INFINITY;
            run_differential(make_case(random, p, true, channels % 2));
            if (HasFailure()) return;
          }
        }
      }
    }
  }
}

// Wide enough for tiles that are registers: lines that share them, blocks of lines, runs that steps do not divide.
TEST(ConvBf16, WideLayers) {
  Random random(48);
  const struct {
    int size, in_c, kernel, stride, dilation, out_c, groups;
  } layers[] = {{7, 32, 3, 1, 1, 80, 1},  {14, 64, 3, 1, 1, 33, 1}, {29, 24, 3, 2, 1, 64, 1}, {28, 16, 5, 1, 1, 48, 1},
                {14, 22, 3, 1, 1, 40, 1}, {20, 40, 3, 1, 2, 20, 1}, {16, 64, 3, 1, 1, 96, 2}};
  for (const auto& l : layers) {
    ConvParams p = {};
    p.groups = l.groups;
    p.dilation_h = p.dilation_w = l.dilation;
    p.batch = 2;
    p.in_h = p.in_w = l.size;
    p.in_c = l.in_c;
    p.out_c = l.out_c;
    p.kernel_h = p.kernel_w = l.kernel;
    p.stride_h = p.stride_w = l.stride;
    p.pad_top = p.pad_left = l.dilation * (l.kernel / 2);
    p.out_h = p.out_w = (l.size + l.stride - 1) / l.stride;
    p.act_min = l.in_c % 3 ? -INFINITY : 0.0f;
    p.act_max = l.in_c % 3 ? INFINITY : 6.0f;
    run_differential(make_case(random, p, true, l.size % 2));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sinter
