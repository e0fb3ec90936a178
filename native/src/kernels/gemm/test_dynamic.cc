// gemm of float activations and int8 weights: rows equal to the reference bit for bit, ranges by hand.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
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
  p.dynamic = static_cast<int32_t>(random.integer(0, DYNAMIC_LAST));
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
  for (int m : {15, 16, 17, 32, 33, 49, 65}) {  // around tiles that are registers
    for (int n : {16, 48, 80, 113}) {
      for (int k : {63, 64, 65, 68, 128, 144, 260}) {
        run_differential(make_case(random, m, n, k, k % 3));
        if (HasFailure()) return;
      }
    }
  }
  run_differential(make_case(random, 1, 1000, 1280, 0));
  run_differential(make_case(random, 90, 70, 1500, 4));  // several blocks of rows
  run_differential(make_case(random, 3, 17, 65535, 0));
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

TEST(GemmDynamic, FoldedScalesMeetFirst) {
  // 3 x 0.1f and then x 0.7f rounds otherwise than 3 x (0.1f x 0.7f).
  DynamicRange r = dynamic_range(-12.7f, 0.0f, DYNAMIC_SYMMETRIC_FOLDED);
  EXPECT_EQ(r.mode, DYNAMIC_SYMMETRIC);
  EXPECT_EQ(r.inverse, 12.7f / 127.0f);
  int different = 0;
  for (int sum = 1; sum < 100; sum++) {
    const float folded = static_cast<float>(sum) * (r.inverse * 0.7f);
    EXPECT_EQ(dynamic_result(sum, r, 0.7f, 1.0f), folded + 1.0f);
    different += folded != static_cast<float>(sum) * r.inverse * 0.7f;
  }
  EXPECT_GT(different, 10);
  EXPECT_EQ(dynamic_range(-1.0f, 1.55f, DYNAMIC_ASYMMETRIC_FOLDED).zero_point, -28);
}

TEST(GemmDynamic, BlocksOfKHaveScalesOfTheirOwn) {
  // Values that quantize without a rest: 0 .. 255 of a range that 255 ends.
  GemmParams p = {};
  p.m = 2;
  p.n = p.ldc = 3;
  p.k = p.lda = 64;
  p.block = 32;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  std::vector<float> a(128), scale = {0.5f, 1, 2, 0.25f, 1, 1}, bias = {1, 2, 3};
  for (int i = 0; i < 128; i++) a[static_cast<size_t>(i)] = static_cast<float>(i % 64 == 63 ? 255 : i % 40);
  std::vector<int8_t> w(192);
  for (int i = 0; i < 192; i++) w[static_cast<size_t>(i)] = static_cast<int8_t>(i % 15 - 7);
  Case c;
  c.name = "two blocks";
  c.op = "gemm";
  c.types = {F32, S8, F32};
  c.params = params_of(p);
  c.sources = {bytes_of(w), bytes_of(bias), bytes_of(scale)};
  c.inputs = {bytes_of(a)};
  c.out_bytes = 24;
  const RowDef* row = find_row("gemm_f32s8f32_blocks");
  const Source sources[] = {{w.data(), 192}, {bias.data(), 12}, {scale.data(), 24}};
  alignas(64) char packed[512] = {}, scratch[1024];
  ASSERT_EQ(row->packing->bytes(&p, sources), 24 + 12 + 192);
  ASSERT_EQ(row->packing->pack(&p, sources, packed, 512), SINTER_OK);
  ASSERT_LE(row->scratch(&p, 1), 1024);
  float out[6];
  void* slots[] = {a.data(), packed, out};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, scratch, &alone};
  row->run(&call);
  for (int m = 0; m < 2; m++) {
    for (int n = 0; n < 3; n++) {
      double sum = bias[static_cast<size_t>(n)];
      for (int k = 0; k < 64; k++) {
        sum += double{a[static_cast<size_t>(64 * m + k)]} * w[static_cast<size_t>(64 * n + k)] *
               scale[static_cast<size_t>(2 * n + k / 32)];
      }
      EXPECT_EQ(out[3 * m + n], static_cast<float>(sum));
    }
  }
  for (const Source& bad : {Source{w.data(), 191}, Source{nullptr, 0}}) {
    const Source wrong[] = {bad, {bias.data(), 12}, {scale.data(), 24}};
    EXPECT_EQ(row->packing->bytes(&p, wrong), -1);
  }
  p.block = 48;
  expect_refused("gemm", params_of(p), {F32, S8, F32});
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
  p.dynamic = WEIGHT_ONLY_BF16 + 1;
  expect_refused("gemm", params_of(p), {F32, S8, F32});
  p.dynamic = 1;
  expect_refused("gemm", params_of(p), {F32, F32, F32});
}

}  // namespace
}  // namespace sinter
