// transpose_conv: every row against the reference over kernels, strides and paddings; one result by hand; refusals.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/transpose_conv/op.h"

namespace sinter {
namespace {

TransposeConvParams unit(DataType type) {
  TransposeConvParams p = {};
  p.batch = p.in_h = p.in_w = p.in_c = p.out_h = p.out_w = p.out_c = p.kernel_h = p.kernel_w = 1;
  p.stride_h = p.stride_w = 1;
  p.out_min = type == S8 ? -128 : type == U8 ? 0 : -32768;
  p.out_max = type == S16 ? 32767 : p.out_min + 255;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  return p;
}

TransposeConvParams random_params(Random& random, DataType type) {
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  TransposeConvParams p = unit(type);
  p.batch = any(1, 2);
  p.in_h = any(1, 7);
  p.in_w = any(1, 9);
  p.in_c = any(1, 20);
  p.out_c = any(1, 36);
  p.kernel_h = any(1, 5);
  p.kernel_w = any(1, 5);
  p.stride_h = any(1, 3);
  p.stride_w = any(1, 4);
  p.pad_top = any(0, 4);
  p.pad_left = any(0, 4);
  p.out_h = any(0, 12);
  p.out_w = any(1, 14);
  if (type == S8 || type == U8) {
    p.in_zero_point = any(p.out_min, p.out_max);
    p.out_zero_point = any(p.out_min, p.out_max);
    p.out_min = any(p.out_min, 10);
    p.out_max = any(p.out_min, p.out_max);
  }
  if (type == U8) p.w_zero_point = any(0, 255);
  return p;
}

Case make_case(Random& random, const TransposeConvParams& p, DataType type) {
  Case c;
  c.name = "in " + std::to_string(p.in_h) + "x" + std::to_string(p.in_w) + "x" + std::to_string(p.in_c) + " kernel " +
           std::to_string(p.kernel_h) + "x" + std::to_string(p.kernel_w) + " stride " + std::to_string(p.stride_h) +
           "," + std::to_string(p.stride_w) + " pad " + std::to_string(p.pad_top) + "," + std::to_string(p.pad_left) +
           " -> " + std::to_string(p.out_h) + "x" + std::to_string(p.out_w) + "x" + std::to_string(p.out_c);
  c.op = "transpose_conv";
  c.types = {type, type == S16 ? S8 : type, type};
  c.params = params_of(p);
  const int64_t k = int64_t{p.kernel_h} * p.kernel_w * p.in_c, in = int64_t{p.batch} * p.in_h * p.in_w * p.in_c;
  const int64_t out = int64_t{p.batch} * p.out_h * p.out_w * p.out_c;
  const bool bias = random.integer(0, 3) != 0;
  if (type == F32) {
    // Small whole numbers: any order of summation is exact.
    std::vector<float> w(static_cast<size_t>(k * p.out_c)), x(static_cast<size_t>(in));
    for (auto& v : w) v = static_cast<float>(random.integer(-9, 9));
    for (auto& v : x) v = static_cast<float>(random.integer(-9, 9));
    c.sources = {bytes_of(w), bias ? bytes_of(std::vector<float>(static_cast<size_t>(p.out_c), 3.0f)) : Bytes(),
                 Bytes()};
    c.inputs = {bytes_of(x)};
    c.out_bytes = 4 * out;
  } else if (type == S16) {
    std::vector<double> scale(static_cast<size_t>(p.out_c), 0.02 / static_cast<double>(k));
    std::vector<int64_t> wide(static_cast<size_t>(p.out_c), -123456);
    c.sources = {bytes_of(random.s8(k * p.out_c)), bias ? bytes_of(wide) : Bytes(), bytes_of(scale)};
    c.inputs = {bytes_of(random.s8(2 * in))};
    c.out_bytes = 2 * out;
  } else {
    c.sources = {bytes_of(random.s8(k * p.out_c)), bias ? bytes_of(random.s32(p.out_c, -9999, 9999)) : Bytes(),
                 bytes_of(random.f32(p.out_c, 0.003f / static_cast<float>(k), 0.03f / static_cast<float>(k)))};
    c.inputs = {bytes_of(random.s8(in))};
    c.out_bytes = out;
  }
  return c;
}

TEST(TransposeConv, RandomShapes) {
  Random random(81);
  for (DataType type : {S8, U8, S16, F32}) {
    for (int i = 0; i < 150; i++) {
      run_differential(make_case(random, random_params(random, type), type));
      if (HasFailure()) return;
    }
  }
}

// More columns than a tile has; kernels that are shorter than the stride.
TEST(TransposeConv, ManyColumns) {
  Random random(83);
  for (DataType type : {S8, U8, S16, F32}) {
    for (int i = 0; i < 30; i++) {
      TransposeConvParams p = random_params(random, type);
      p.in_c = static_cast<int32_t>(random.integer(1, 90));
      p.out_c = static_cast<int32_t>(random.integer(60, 200));
      run_differential(make_case(random, p, type));
      if (HasFailure()) return;
    }
  }
}

TEST(TransposeConv, WideRowsAndManyChannels) {
  Random random(82);
  for (DataType type : {S8, U8, S16, F32}) {
    TransposeConvParams p = unit(type);
    p.in_h = 2;
    p.in_w = 250;
    p.in_c = 33;
    p.out_c = 20;
    p.kernel_h = p.kernel_w = 4;
    p.stride_h = p.stride_w = 2;
    p.pad_top = p.pad_left = 1;
    p.out_h = 4;
    p.out_w = 500;
    run_differential(make_case(random, p, type));
    p.in_c = 1200;
    p.in_w = 8;
    p.out_w = 16;
    run_differential(make_case(random, p, type));
  }
}

TEST(TransposeConv, RefusesHostileParameters) {
  for (DataType type : {S8, U8, S16, F32}) {
    auto refuse = [&](auto change) {
      TransposeConvParams p = unit(type);
      change(p);
      expect_refused("transpose_conv", params_of(p), {type, type == S16 ? S8 : type, type});
    };
    refuse([](TransposeConvParams& p) { p.batch = -1; });
    refuse([](TransposeConvParams& p) { p.in_c = 0; });
    refuse([](TransposeConvParams& p) { p.kernel_w = 0; });
    refuse([](TransposeConvParams& p) { p.kernel_h = p.kernel_w = INT32_MAX; });
    refuse([](TransposeConvParams& p) { p.stride_h = 0; });
    refuse([](TransposeConvParams& p) { p.stride_h = p.stride_w = 65; });
    refuse([](TransposeConvParams& p) { p.pad_top = -1; });
    refuse([](TransposeConvParams& p) { p.pad_left = INT32_MAX; });
    refuse([](TransposeConvParams& p) { p.w_zero_point = 256; });
    refuse([](TransposeConvParams& p) { p.requantization = 4; });
    refuse([](TransposeConvParams& p) { p.out_h = p.out_w = p.batch = INT32_MAX; });
    if (type == F32) {
      refuse([](TransposeConvParams& p) { p.act_min = NAN; });
    } else {
      refuse([](TransposeConvParams& p) { p.out_max = 40000; });
      refuse([](TransposeConvParams& p) { p.in_zero_point = 300; });
    }
  }
}

}  // namespace
}  // namespace sinter
