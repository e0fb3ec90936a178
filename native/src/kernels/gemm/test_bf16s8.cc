// gemm of bfloat16, or of floats that are rounded to it, by int8: rows against the reference within a bound that grows
// with k, the reference against doubles.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "device_rows.h"
#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

const float largest_scale = 0.02f;

// Of A and C.
struct Types {
  DataType a, c;
};
const Types all_types[] = {{BF16, F32}, {F32, F32}, {F32, BF16}, {BF16, BF16}};

// Whole numbers as activations make sums exact: then scale and bias are each rounded once, and rows must agree to the
// bit. Else activations are between -1 and 1, so |scale| * sum of |a * w| is at most 128 * k * largest_scale.
Case make_case(Random& random, int m, int n, int k, int extra, bool whole, Types types = {BF16, F32}) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.act_min = k % 2 ? 0.0f : -INFINITY;
  p.act_max = k % 2 ? 6.0f : INFINITY;
  p.dynamic = types.a == F32 || types.c == BF16 ? WEIGHT_ONLY_BF16 : 0;
  Case c;
  c.name = "gemm bf16 by s8 m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k);
  c.op = "gemm";
  c.types = {types.a, S8, types.c};
  c.params = params_of(p);
  const Bytes a = float_values(random, m == 0 ? 0 : int64_t{m - 1} * p.lda + k, whole);
  c.inputs = {types.a == BF16 ? as_bf16(a) : a};
  c.sources = {bytes_of(random.s8(int64_t{n} * k)),
               random.integer(0, 2) == 0 ? Bytes() : bytes_of(random.f32(n, -1, 1)),
               bytes_of(random.f32(n, -largest_scale, largest_scale))};
  c.out_bytes = m == 0 ? 0 : (int64_t{m - 1} * p.ldc + n) * (types.c == BF16 ? 2 : 4);
  c.tolerance = {whole ? 0.0f : float_bound(k, 128.0 * k * static_cast<double>(largest_scale) + 1)};
  return c;
}

TEST(GemmBf16S8, SmallShapesAndTails) {
  Random random(126);
  for (int m : {0, 1, 2, 7, 8, 9, 17}) {
    for (int n : {1, 2, 15, 16, 17, 33}) {
      for (int k : {1, 2, 3, 15, 16, 17, 64, 65}) {
        for (const Types types : all_types) run_differential(make_case(random, m, n, k, 0, m % 2, types));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmBf16S8, RandomShapesAndStrides) {
  Random random(127);
  for (int i = 0; i < 160; i++) {
    run_differential(make_case(random, static_cast<int>(random.integer(1, 90)),
                               static_cast<int>(random.integer(1, 150)), static_cast<int>(random.integer(1, 500)),
                               static_cast<int>(random.integer(0, 5)), i % 2, all_types[i / 2 % 4]));
    if (HasFailure()) return;
  }
  for (int m : {1, 4}) run_differential(make_case(random, m, 257, 2048, 0, m == 1));
}

// Few tiles with a long k, and more tiles than a GPU has multiprocessors.
TEST(GemmBf16S8, TilesOfDevices) {
  Random random(129);
  run_differential(make_case(random, 70, 200, 1100, 0, false));
  run_differential(make_case(random, rows_of_a_device(2100, 300), 2200, 24, 0, true));
}

// More columns than a thread keeps widened, several blocks of rows, rows that fill no tile, and lines of A that are
// copied.
TEST(GemmBf16S8, ManyColumnsAndBlocks) {
  Random random(130);
  for (const Types types : all_types) {
    run_differential(make_case(random, 81, 700, 1030, 0, true, types));
    run_differential(make_case(random, 20, 1100, 512, 2, true, types));
    run_differential(make_case(random, 1300, 96, 130, 0, true, types));
    run_differential(make_case(random, 49, 80, 61, 1, false, types));
  }
}

// All 256 weights by themselves: how a row widens int8 shows.
TEST(GemmBf16S8, EveryWeight) {
  GemmParams p = {};
  p.m = 9;
  p.n = 256;
  p.k = p.lda = 1;
  p.ldc = 256;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  std::vector<int8_t> weights;
  for (int i = 0; i < 256; i++) weights.push_back(static_cast<int8_t>(i - 128));
  Case c;
  c.name = "gemm bf16 by every s8";
  c.op = "gemm";
  c.types = {BF16, S8, F32};
  c.params = params_of(p);
  c.sources = {bytes_of(weights), Bytes(), bytes_of(std::vector<float>(256, 1.0f))};
  std::vector<uint16_t> a = {0x3f80, 0xbf81, 0x7f00};
  a.resize(9, 0x4000);
  c.inputs = {bytes_of(a)};
  c.out_bytes = int64_t{4} * 9 * 256;
  c.tolerance = {0.0f};
  run_differential(c);
  const Bytes out = run_reference(c);
  for (int i = 0; i < 256; i++) {
    float y;
    memcpy(&y, &out[static_cast<size_t>(i) * 4], 4);
    ASSERT_EQ(y, static_cast<float>(i - 128));
  }
}

TEST(GemmBf16S8, ReferenceByHand) {
  Random random(128);
  const int m = 3, n = 19, k = 40;
  const Case c = make_case(random, m, n, k, 1, false);
  const Bytes out = run_reference(c);
  const auto real = [](const Bytes& bytes, int index) {
    float f = 0;
    if (!bytes.empty()) memcpy(&f, &bytes[static_cast<size_t>(index) * 4], 4);
    return static_cast<double>(f);
  };
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      double sum = 0, magnitude = 0;
      for (int x = 0; x < k; x++) {
        uint16_t bits;
        memcpy(&bits, &c.inputs[0][static_cast<size_t>(i * (k + 1) + x) * 2], 2);
        const double product = static_cast<double>(bf16_to_float(bits)) *
                               static_cast<int8_t>(c.sources[0][static_cast<size_t>(j * k + x)]);
        sum += product;
        magnitude += fabs(product);
      }
      const double scale = real(c.sources[2], j), bias = real(c.sources[1], j);
      EXPECT_NEAR(real(out, i * (n + 1) + j), sum * scale + bias, float_bound(k, magnitude * fabs(scale) + fabs(bias)));
    }
  }
}

TEST(GemmBf16S8, RefusesHostileParameters) {
  GemmParams p = {};
  p.m = p.n = p.k = p.lda = p.ldc = 4;
  p.act_min = NAN;
  expect_refused("gemm", params_of(p), {BF16, S8, F32});
  p.act_min = 0;
  p.act_max = 1;
  p.w_zero_point = 1;
  expect_refused("gemm", params_of(p), {BF16, S8, F32});
  p.w_zero_point = 0;
  p.dynamic = 1;
  expect_refused("gemm", params_of(p), {BF16, S8, F32});
  expect_refused("gemm", params_of(p), {BF16, S8, BF16});
  p.dynamic = 7;
  expect_refused("gemm", params_of(p), {BF16, S8, F32});
  p.dynamic = 0;
  p.block = 2;
  expect_refused("gemm", params_of(p), {BF16, S8, F32});
}

}  // namespace
}  // namespace sinter
