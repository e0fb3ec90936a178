// gemm of float activations and int8 weights: rows equal to the reference bit for bit, ranges by hand.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

Case make_case(Random& random, int m, int n, int k, int extra) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.dynamic = static_cast<int32_t>(random.integer(0, 2));
  p.act_min = random.integer(0, 1) ? -INFINITY : -1.0f;
  p.act_max = random.integer(0, 1) ? INFINITY : 2.0f;
  Case c;
  c.name = "m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k);
  c.op = "gemm";
  c.types = {F32, S8, F32};
  c.params = params_of(p);
  c.sources = {bytes_of(random.s8(int64_t{n} * k)), random.integer(0, 2) ? bytes_of(random.f32(n, -1, 1)) : Bytes(),
               bytes_of(random.f32(n, 0.001f, 0.02f))};
  // Rows of one sign, of both, of zeros.
  const float low = random.integer(0, 2) ? -1.5f : 0.0f, high = random.integer(0, 3) ? 3.0f : 0.0f;
  c.inputs = {bytes_of(random.f32(m == 0 ? 0 : int64_t{m - 1} * p.lda + k, low, high))};
  c.out_bytes = m == 0 ? 0 : 4 * (int64_t{m - 1} * p.ldc + n);
  return c;
}

TEST(GemmDynamic, ShapesAndTails) {
  Random random(91);
  for (int m : {0, 1, 5, 6, 7, 20}) {
    for (int n : {1, 7, 15, 16, 17, 40}) {
      for (int k : {1, 2, 7, 8, 9, 31, 64, 300}) {
        run_differential(make_case(random, m, n, k, k % 2));
        if (HasFailure()) return;
      }
    }
  }
  run_differential(make_case(random, 1, 1000, 1280, 0));
}

TEST(GemmDynamic, RangesOfTheDelegate) {
  const auto range = [](float low, float high) { return dynamic_range(low, high, DYNAMIC_DELEGATE); };
  DynamicRange r = range(0.0f, 0.0f);
  EXPECT_EQ(r.scale, 1.0f);
  EXPECT_EQ(dynamic_value(0.0f, r), 0);
  r = range(0.0f, 2.55f);  // only positive values: the zero point is the least integer
  EXPECT_EQ(r.zero_point, -128);
  EXPECT_EQ(dynamic_value(2.55f, r), 255);
  r = range(-1.0f, 0.0f);
  EXPECT_EQ(r.zero_point, 127);
  EXPECT_EQ(dynamic_value(-1.0f, r), -255);
  r = range(3.0f, 5.0f);  // 0 is always inside
  EXPECT_EQ(r.zero_point, -128);
  EXPECT_EQ(r.scale, 51.0f);
}

TEST(GemmDynamic, RangesOfTheKernels) {
  DynamicRange r = dynamic_range(-2.0f, 1.0f, DYNAMIC_SYMMETRIC);
  EXPECT_EQ(r.zero_point, 0);
  EXPECT_EQ(dynamic_value(-2.0f, r), -127);
  EXPECT_EQ(dynamic_value(1.0f, r), 64);  // 63.5 goes away from zero
  EXPECT_EQ(dynamic_value(-1.0f, r), -64);
  EXPECT_EQ(dynamic_range(0.0f, 0.0f, DYNAMIC_SYMMETRIC).inverse, 1.0f);
  r = dynamic_range(-1.0f, 1.55f, DYNAMIC_ASYMMETRIC);
  EXPECT_EQ(r.zero_point, -28);
  EXPECT_EQ(dynamic_value(1.55f, r), 155);
  EXPECT_EQ(dynamic_value(-1.0f, r), -100);
  EXPECT_EQ(dynamic_value(9.0f, r), 155);
  EXPECT_EQ(dynamic_value(-9.0f, r), -100);
}

TEST(GemmDynamic, RefusesHostileParameters) {
  GemmParams p = {};
  p.m = p.n = p.ldc = 4;
  p.k = p.lda = 65537;
  expect_refused("gemm", params_of(p), {F32, S8, F32});
  p.k = p.lda = 4;
  p.act_min = NAN;
  expect_refused("gemm", params_of(p), {F32, S8, F32});
  p.act_min = 0;
  p.w_zero_point = 3;
  expect_refused("gemm", params_of(p), {F32, S8, F32});
  p.w_zero_point = 0;
  p.dynamic = 3;
  expect_refused("gemm", params_of(p), {F32, S8, F32});
  p.dynamic = 1;
  expect_refused("gemm", params_of(p), {F32, F32, F32});
}

}  // namespace
}  // namespace sinter
