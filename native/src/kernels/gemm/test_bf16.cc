// gemm in bfloat16: every row against the reference within a bound that grows with k, the reference against doubles.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "device_rows.h"
#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

Case make_case(Random& random, int m, int n, int k, int extra, bool bf16_activations, bool bf16_weights, bool whole,
               bool bf16_results = false) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.act_min = k % 2 ? 0.0f : -INFINITY;
  p.act_max = k % 2 ? 6.0f : INFINITY;
  Case c;
  c.name = "gemm bf16 m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k);
  c.op = "gemm";
  c.types = {bf16_activations ? BF16 : F32, BF16, bf16_results ? BF16 : F32};
  c.params = params_of(p);
  const Bytes weights = float_values(random, int64_t{n} * k, whole);
  const Bytes a = float_values(random, m == 0 ? 0 : int64_t{m - 1} * p.lda + k, whole);
  c.sources = {bf16_weights ? as_bf16(weights) : weights,
               random.integer(0, 2) == 0 ? Bytes() : float_values(random, n, whole), Bytes()};
  c.inputs = {bf16_activations ? as_bf16(a) : a};
  c.out_bytes = m == 0 ? 0 : (int64_t{m - 1} * p.ldc + n) * (bf16_results ? 2 : 4);
  c.tolerance = value_tolerance(k, whole);
  return c;
}

TEST(GemmBf16, SmallShapesAndTails) {
  Random random(26);
  for (int m : {0, 1, 2, 3, 6, 7, 8, 13}) {
    for (int n : {1, 2, 8, 15, 16, 17, 31, 32, 33, 48}) {
      for (int k : {1, 2, 3, 7, 8, 16, 17}) {
        for (bool bf16 : {false, true}) run_differential(make_case(random, m, n, k, 0, k % 3 == 0, n % 2, m % 2, bf16));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmBf16, RandomShapesAndStrides) {
  Random random(27);
  for (int i = 0; i < 80; i++) {
    run_differential(make_case(random, static_cast<int>(random.integer(1, 120)),
                               static_cast<int>(random.integer(1, 150)), static_cast<int>(random.integer(1, 400)),
                               static_cast<int>(random.integer(0, 5)), i % 2, i % 3, i % 4 < 2, i % 5 < 2));
    if (HasFailure()) return;
  }
  for (int m : {15, 17, 32, 33, 49, 65}) {  // around tiles that are registers
    for (int n : {16, 48, 80, 113}) {
      for (int k : {31, 32, 34, 64, 72, 132}) {
        run_differential(make_case(random, m, n, k, k % 3, (m + n) % 2, true, k % 4 == 0, m % 2));
        if (HasFailure()) return;
      }
    }
  }
  for (int n : {400, 1100}) {  // strips of rows, copied where they cross lines, by parts of weights
    for (int k : {75, 96, 320}) run_differential(make_case(random, 100, n, k, k % 2, true, true, true));
  }
  for (int m : {1, 4}) run_differential(make_case(random, m, 257, 1280, 0, false, false, false));
}

// Few tiles with a long k, and more tiles than a GPU has multiprocessors.
TEST(GemmBf16, TilesOfDevices) {
  Random random(29);
  for (const bool bf16_activations : {false, true}) {
    run_differential(make_case(random, 33, 200, 1100, 4, bf16_activations, true, false));
    for (const bool bf16_results : {false, true}) {
      run_differential(
          make_case(random, rows_of_a_device(2100, 300), 2200, 24, 0, bf16_activations, true, true, bf16_results));
    }
    run_differential(make_case(random, 33, 204, 1100, 4, bf16_activations, true, false, true));
  }
}

// Rounding: to nearest, halves to even, NaN and infinity kept, denormals gone.
TEST(GemmBf16, Rounding) {
  const auto rounded = [](uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return static_cast<int>(bf16_from_float(value));
  };
  EXPECT_EQ(rounded(0x3f808000), 0x3f80);
  EXPECT_EQ(rounded(0x3f818000), 0x3f82);
  EXPECT_EQ(rounded(0x3f808001), 0x3f81);
  EXPECT_EQ(rounded(0xbf807fff), 0xbf80);
  EXPECT_EQ(rounded(0x7f7fffff), 0x7f80);  // over the largest
  EXPECT_EQ(rounded(0x7f800000), 0x7f80);
  EXPECT_EQ(rounded(0x7f800001), 0x7fc0);
  EXPECT_EQ(rounded(0xffc00000), 0xffc0);
  EXPECT_EQ(rounded(0x807fffff), 0x8000);
  EXPECT_EQ(rounded(0x00800000), 0x0080);
}

// Every value around halves, through every row: sums of one product are exact.
TEST(GemmBf16, RowsRoundAlike) {
  const int n = 4096;
  std::vector<float> values(n);
  for (int i = 0; i < n; i++) {
    const uint32_t bits = static_cast<uint32_t>(0x3f000000 + i * 0x2fff) ^ (i % 2 ? 0x80000000 : 0);
    memcpy(&values[static_cast<size_t>(i)], &bits, 4);
  }
  const float odd[] = {NAN, INFINITY, -INFINITY, -0.0f, 3.4e38f};
  memcpy(values.data(), odd, sizeof odd);
  GemmParams p = {};
  p.m = n;
  p.n = 17;
  p.k = p.lda = 1;
  p.ldc = 17;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  Case c;
  c.name = "gemm bf16 roundings";
  c.op = "gemm";
  c.types = {F32, BF16, F32};
  c.params = params_of(p);
  c.sources = {bytes_of(std::vector<float>(17, 1.0f)), Bytes(), Bytes()};
  c.inputs = {bytes_of(values)};
  c.out_bytes = int64_t{4} * n * 17;
  run_differential(c);
  const Bytes out = run_reference(c);
  for (int i = 5; i < n; i++) {
    float y;
    memcpy(&y, &out[static_cast<size_t>(i) * 17 * 4], 4);
    ASSERT_EQ(y, bf16_rounded(values[static_cast<size_t>(i)])) << i;
  }
}

// The reference against sums in doubles over operands rounded here.
TEST(GemmBf16, ReferenceByHand) {
  Random random(28);
  const int m = 3, n = 19, k = 41;
  const Case c = make_case(random, m, n, k - 1, 1, false, false, false);
  const Bytes out = run_reference(c);
  const auto value = [](const Bytes& bytes, int index) {
    float f = 0;
    if (!bytes.empty()) memcpy(&f, &bytes[static_cast<size_t>(index) * 4], 4);
    return f;
  };
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      double sum = value(c.sources[1], j);
      for (int x = 0; x < k - 1; x++) {
        sum += static_cast<double>(bf16_rounded(value(c.inputs[0], i * k + x))) *
               bf16_rounded(value(c.sources[0], j * (k - 1) + x));
      }
      EXPECT_NEAR(value(out, i * (n + 1) + j), sum, float_bound(k, k + 1));
    }
  }
}

TEST(GemmBf16, RefusesHostileParameters) {
  GemmParams p = {};
  p.m = p.n = p.k = p.lda = p.ldc = 4;
  p.act_min = NAN;
  expect_refused("gemm", params_of(p), {F32, BF16, F32});
  p.act_min = 0;
  p.act_max = 1;
  p.w_zero_point = 1;
  expect_refused("gemm", params_of(p), {BF16, BF16, F32});
  p.w_zero_point = 0;
  p.dynamic = 1;
  expect_refused("gemm", params_of(p), {F32, BF16, F32});
}

}  // namespace
}  // namespace sinter
