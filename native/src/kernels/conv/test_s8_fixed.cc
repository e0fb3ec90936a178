// conv and depthwise by tfl.gemm8: the same integers as the int16 rows with the zero points taken off beforehand.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

// Runs a case of int8 and its twin of int16, whose results are moved by the zero point here.
template <class P>
void compare_with_s16(Random& random, const char* op, P p, int64_t in_count, int64_t weight_count, int64_t channels,
                      int64_t out_count) {
  p.in_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_min = static_cast<int32_t>(random.integer(-128, 0));
  p.out_max = static_cast<int32_t>(random.integer(0, 127));
  p.requantization = random.integer(0, 1) ? 3 : 1;
  Case narrow;
  narrow.name = std::string(op) + " by tfl.gemm8";
  narrow.op = op;
  narrow.types = {S8, S8, S8};
  std::vector<double> scales(static_cast<size_t>(channels));
  for (auto& scale : scales) scale = random.real(0.0001f, 0.02f);
  narrow.sources = {bytes_of(random.s8(weight_count)), bytes_of(random.s32(channels, -9999, 9999)), bytes_of(scales)};
  const std::vector<int8_t> in = random.s8(in_count);
  narrow.inputs = {bytes_of(in)};
  narrow.params = params_of(p);
  narrow.out_bytes = out_count;
  const Bytes actual = run_reference(narrow);

  Case wide = narrow;
  std::vector<int16_t> moved(in.begin(), in.end());
  for (auto& value : moved) value = static_cast<int16_t>(value - p.in_zero_point);
  P q = p;
  q.in_zero_point = q.out_zero_point = 0;
  q.out_min = -32768;
  q.out_max = 32767;
  wide.types = {S16, S8, S16};
  wide.params = params_of(q);
  wide.inputs = {bytes_of(moved)};
  wide.out_bytes = 2 * out_count;
  const Bytes expected = run_reference(wide);
  ASSERT_EQ(expected.size(), 2 * actual.size());
  for (size_t i = 0; i < actual.size(); i++) {
    int16_t value;
    memcpy(&value, &expected[2 * i], 2);
    int32_t bounded = value + p.out_zero_point;
    bounded = bounded < p.out_min ? p.out_min : bounded > p.out_max ? p.out_max : bounded;
    ASSERT_EQ(static_cast<int8_t>(actual[i]), bounded) << op << ", element " << i;
  }
}

TEST(ConvS8Fixed, EqualsInt16WithoutZeroPoints) {
  Random random(81);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 150 && !testing::Test::HasFailure(); i++) {
    ConvParams p = {};
    p.batch = any(1, 2);
    p.in_h = any(1, 8);
    p.in_w = any(1, 9);
    p.groups = any(1, 2);
    p.in_c = p.groups * any(1, 9);
    p.out_c = p.groups * any(1, 9);
    p.out_h = any(1, 6);
    p.out_w = any(1, 7);
    p.kernel_h = any(1, 3);
    p.kernel_w = any(1, 3);
    p.stride_h = any(1, 2);
    p.stride_w = any(1, 2);
    p.dilation_h = p.dilation_w = any(1, 2);
    p.pad_top = any(0, 2);
    p.pad_left = any(0, 2);
    compare_with_s16(random, "conv", p, int64_t{p.batch} * p.in_h * p.in_w * p.in_c,
                     int64_t{p.out_c} * p.kernel_h * p.kernel_w * (p.in_c / p.groups), p.out_c,
                     int64_t{p.batch} * p.out_h * p.out_w * p.out_c);
  }
}

TEST(ConvS8Fixed, DepthwiseEqualsInt16WithoutZeroPoints) {
  Random random(82);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 150 && !testing::Test::HasFailure(); i++) {
    DepthwiseParams p = {};
    p.batch = any(1, 2);
    p.in_h = any(1, 8);
    p.in_w = any(1, 9);
    p.in_c = any(1, 20);
    p.multiplier = any(1, 3);
    p.out_h = any(1, 6);
    p.out_w = any(1, 7);
    p.kernel_h = any(1, 3);
    p.kernel_w = any(1, 3);
    p.stride_h = any(1, 2);
    p.stride_w = any(1, 2);
    p.dilation_h = p.dilation_w = any(1, 2);
    p.pad_top = any(0, 2);
    p.pad_left = any(0, 2);
    const int64_t channels = int64_t{p.in_c} * p.multiplier;
    compare_with_s16(random, "depthwise", p, int64_t{p.batch} * p.in_h * p.in_w * p.in_c,
                     int64_t{p.kernel_h} * p.kernel_w * channels, channels,
                     int64_t{p.batch} * p.out_h * p.out_w * channels);
  }
}

}  // namespace
}  // namespace sinter
