// conv of bfloat16, or of floats that are rounded to it, by int8: every row against the plain one, exactly where sums
// are whole numbers; one window by hand; refusals. SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/conv/test_shapes.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {
namespace {

Case make_case(Random& random, ConvParams p, bool bias, bool whole) {
  const int64_t k = conv_k(p);
  p.dynamic = WEIGHT_ONLY_BF16;
  Case c;
  c.name = "conv bf16 by s8 " + std::to_string(p.batch) + "x" + std::to_string(p.in_h) + "x" + std::to_string(p.in_w) +
           "x" + std::to_string(p.in_c) + " to " + std::to_string(p.out_h) + "x" + std::to_string(p.out_w) + "x" +
           std::to_string(p.out_c) + ", kernel " + std::to_string(p.kernel_h) + "x" + std::to_string(p.kernel_w) +
           ", stride " + std::to_string(p.stride_h) + "x" + std::to_string(p.stride_w) + ", dilation " +
           std::to_string(p.dilation_h) + "x" + std::to_string(p.dilation_w) + ", groups " + std::to_string(p.groups);
  c.op = "conv";
  const bool bf16_in = random.integer(0, 1), bf16_out = random.integer(0, 1);
  c.types = {bf16_in ? BF16 : F32, S8, bf16_out ? BF16 : F32};
  c.params = params_of(p);
  const float largest_scale = 0.02f;
  c.sources = {bytes_of(random.s8(k * p.out_c)), bias ? float_values(random, p.out_c, whole) : Bytes(),
               bytes_of(random.f32(p.out_c, -largest_scale, largest_scale))};
  const Bytes in = float_values(random, int64_t{p.batch} * p.in_h * p.in_w * p.in_c, whole);
  c.inputs = {bf16_in ? as_bf16(in) : in};
  c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * p.out_c * (bf16_out ? 2 : 4);
  c.tolerance = {whole ? 0.0f
                       : float_bound(k, 128.0 * static_cast<double>(k) * static_cast<double>(largest_scale) + 1)};
  return c;
}

TEST(ConvBf16S8, RandomShapes) {
  Random random(146);
  for (int i = 0; i < 300; i++) {
    run_differential(make_case(random, conv_random_shape(random, i), i % 7 != 0, i % 2));
    if (HasFailure()) return;
  }
}

// Wide enough for tiles that are registers: lines that share them, blocks of lines, runs that steps do not divide, more
// columns than a strip or than stay widened.
TEST(ConvBf16S8, WideLayers) {
  Random random(148);
  const struct {
    int size, in_c, kernel, stride, dilation, out_c, groups;
  } layers[] = {{7, 32, 3, 1, 1, 80, 1},   {14, 64, 3, 1, 1, 33, 1},  {29, 24, 3, 2, 1, 64, 1},
                {28, 16, 5, 1, 1, 48, 1},  {14, 22, 3, 1, 1, 40, 1},  {14, 15, 3, 1, 1, 40, 1},
                {20, 40, 3, 1, 2, 20, 1},  {16, 64, 3, 1, 1, 96, 2},  {40, 64, 3, 1, 1, 100, 1},
                {9, 256, 3, 2, 1, 288, 1}, {6, 192, 3, 1, 1, 350, 1}, {28, 96, 1, 2, 1, 130, 1}};
  for (const auto& l : layers) {
    for (int i = 0; i < 3; i++) {
      ConvParams p = {};
      p.groups = l.groups;
      p.dilation_h = p.dilation_w = l.dilation;
      p.batch = l.in_c > 100 || l.size > 30 ? 1 : 2;
      p.in_h = p.in_w = l.size;
      p.in_c = l.in_c;
      p.out_c = l.out_c;
      p.kernel_h = p.kernel_w = l.kernel;
      p.stride_h = p.stride_w = l.stride;
      p.pad_top = p.pad_left = l.dilation * (l.kernel / 2);
      p.out_h = p.out_w = (l.size + l.stride - 1) / l.stride;
      p.act_min = i % 2 ? -INFINITY : 0.0f;
      p.act_max = i % 2 ? INFINITY : 6.0f;
      run_differential(make_case(random, p, true, l.in_c != 22));
      if (HasFailure()) return;
    }
  }
}

TEST(ConvBf16S8, OneWindowByHand) {
  ConvParams p = {};
  p.batch = p.groups = p.in_h = p.out_h = p.out_w = p.in_c = p.kernel_h = 1;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.in_w = p.kernel_w = 3;
  p.out_c = 2;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  p.dynamic = WEIGHT_ONLY_BF16;
  Case c;
  c.name = "by hand";
  c.op = "conv";
  c.types = {F32, S8, F32};
  c.params = params_of(p);
  // 1.00390625 lies between two bfloat16, nearer to an even one: 1.
  c.inputs = {bytes_of(std::vector<float>{1.00390625f, -2, 4})};
  c.sources = {bytes_of(std::vector<int8_t>{1, 2, 3, -128, 0, 127}), bytes_of(std::vector<float>{0.5f, -1}),
               bytes_of(std::vector<float>{0.5f, 2})};
  c.out_bytes = 8;
  c.tolerance = {0.0f};
  const Bytes bytes = run_reference(c);
  float out[2];
  memcpy(out, bytes.data(), 8);
  EXPECT_EQ(out[0], 0.5f + 0.5f * 9);
  EXPECT_EQ(out[1], -1 + 2.0f * (-128 + 508));
  run_differential(c);
}

TEST(ConvBf16S8, RefusesHostileParameters) {
  const auto refuse = [](int32_t dynamic, float act_min, const std::vector<DataType>& types) {
    ConvParams p = {};
    p.batch = p.groups = p.in_h = p.in_w = p.in_c = p.out_h = p.out_w = p.out_c = p.kernel_h = p.kernel_w = 1;
    p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
    p.act_min = act_min;
    p.dynamic = dynamic;
    expect_refused("conv", params_of(p), types);
  };
  refuse(7, 0, {F32, S8, F32});
  refuse(5, 0, {BF16, S8, F32});
  refuse(6, 0, {F32, BF16, F32});
  refuse(6, 0, {F32, S4, F32});
  refuse(6, NAN, {BF16, S8, BF16});
}

}  // namespace
}  // namespace sinter
