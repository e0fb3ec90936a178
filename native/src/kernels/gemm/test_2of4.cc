// gemm with weights that hold 2:4: rows that use the pattern, and those that ignore it, against the reference.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "device_rows.h"
#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

// Which of four neighbours are kept; some groups have fewer than two values, or none.
int random_mask(Random& random) {
  static const int masks[] = {3, 5, 9, 6, 10, 12, 3, 5, 9, 6, 10, 12, 1, 2, 4, 8, 0};
  return masks[random.integer(0, 16)];
}

GemmParams params(int m, int n, int k, int extra) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.pattern = GEMM_PATTERN_2OF4;
  return p;
}

Case case_s8(Random& random, int m, int n, int k, int extra, DataType out) {
  GemmParams p = params(m, n, k, extra);
  p.a_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_min = static_cast<int32_t>(random.integer(-128, 0));
  p.out_max = static_cast<int32_t>(random.integer(p.out_min, 127));
  std::vector<int8_t> weights = random.s8(int64_t{n} * k);
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0, mask = 0; i < k; i++) {
      if (i % 4 == 0) mask = random_mask(random);
      if (!(mask >> i % 4 & 1)) weights[static_cast<size_t>(j * k + i)] = 0;
    }
  }
  Case c;
  c.name = "gemm 2:4 s8 m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k);
  c.op = "gemm";
  c.types = {S8, S8, out};
  c.params = params_of(p);
  const float typical = 0.03f / static_cast<float>(k);
  c.sources = {bytes_of(weights), random.integer(0, 3) == 0 ? Bytes() : bytes_of(random.s32(n, -9999, 9999)),
               out == S8 ? bytes_of(random.f32(n, typical / 8, typical)) : Bytes()};
  c.inputs = {bytes_of(random.s8(m == 0 ? 0 : int64_t{m - 1} * p.lda + k))};
  c.out_bytes = m == 0 ? 0 : (int64_t{m - 1} * p.ldc + n) * (out == S8 ? 1 : 4);
  c.width = m;
  c.in_channels = k;
  c.out_channels = n;
  c.in_fill = p.a_zero_point;
  return c;
}

Case case_bf16(Random& random, int m, int n, int k, int extra, bool whole, DataType out = F32) {
  GemmParams p = params(m, n, k, extra);
  p.act_min = k % 2 ? 0.0f : -INFINITY;
  p.act_max = k % 2 ? 6.0f : INFINITY;
  const auto value = [&] {
    const float v = random.real(-1, 1);
    return bf16_from_float(whole ? static_cast<float>(static_cast<int>(v * 8)) : v);
  };
  std::vector<uint16_t> weights(static_cast<size_t>(int64_t{n} * k)), a;
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0, mask = 0; i < k; i++) {
      if (i % 4 == 0) mask = random_mask(random);
      if (mask >> i % 4 & 1) weights[static_cast<size_t>(j * k + i)] = value();
    }
  }
  for (int64_t i = m == 0 ? 0 : int64_t{m - 1} * p.lda + k; i > 0; i--) a.push_back(value());
  Case c;
  c.name = "gemm 2:4 bf16 m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k);
  c.op = "gemm";
  c.types = {BF16, BF16, out};
  c.params = params_of(p);
  c.sources = {bytes_of(weights), random.integer(0, 2) == 0 ? Bytes() : float_values(random, n, whole), Bytes()};
  c.inputs = {bytes_of(a)};
  c.out_bytes = m == 0 ? 0 : (int64_t{m - 1} * p.ldc + n) * (out == BF16 ? 2 : 4);
  c.tolerance = value_tolerance(k, whole);
  return c;
}

// Types have tests of their own: a device may be given every other case only.
TEST(Gemm2of4, SmallShapesInS8) {
  Random random(224);
  for (int m : {0, 1, 2, 7, 8, 9, 17}) {
    for (int n : {1, 2, 8, 15, 17, 64, 65, 129}) {
      for (int k : {1, 3, 4, 5, 16, 63, 64, 65, 130}) {
        run_differential(case_s8(random, m, n, k, 0, random.integer(0, 1) ? S8 : S32));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Gemm2of4, SmallShapesInBf16) {
  Random random(227);
  for (int m : {0, 1, 2, 7, 8, 9, 17}) {
    for (int n : {1, 2, 8, 15, 17, 64, 65, 129}) {
      for (int k : {1, 3, 4, 5, 16, 63, 64, 65, 130}) {
        run_differential(case_bf16(random, m, n, k, 0, random.integer(0, 1), random.integer(0, 1) ? BF16 : F32));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Gemm2of4, RandomShapesAndStrides) {
  Random random(225);
  for (const bool bf16 : {false, true}) {
    for (int i = 0; i < 60; i++) {
      const int m = static_cast<int>(random.integer(1, 200)), n = static_cast<int>(random.integer(1, 200)),
                k = static_cast<int>(random.integer(1, 500)), extra = static_cast<int>(random.integer(0, 9));
      const bool either = random.integer(0, 1);
      run_differential(bf16 ? case_bf16(random, m, n, k, extra, either, random.integer(0, 1) ? BF16 : F32)
                            : case_s8(random, m, n, k, extra, either ? S32 : S8));
      if (HasFailure()) return;
    }
  }
}

// More tiles than a GPU has multiprocessors; rows of C that end at 16 bytes and elsewhere.
TEST(Gemm2of4, TilesOfDevices) {
  Random random(226);
  const int m = rows_of_a_device(2100, 300);
  for (const int n : {2192, 2200}) run_differential(case_s8(random, m, n, 40, 0, S8));
  run_differential(case_s8(random, m, 2200, 40, 8, S32));
  for (const DataType out : {F32, BF16}) run_differential(case_bf16(random, m, 2200, 24, 0, true, out));
  run_differential(case_bf16(random, m, 2204, 24, 0, true, BF16));
}

}  // namespace
}  // namespace sinter
