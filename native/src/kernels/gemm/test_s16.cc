// gemm and conv of int16 activations and int8 weights: every row against the reference, the requantizations by hand.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_s16.h"

namespace sinter {
namespace {

// Bias of 8 or 4 bytes and scales, with which sums of k products fill int16.
std::vector<Bytes> columns(Random& random, int64_t n, int64_t k, int32_t how, bool extreme) {
  Bytes bias;
  if (random.integer(0, 3) != 0) {
    const int64_t most = how & 1 ? INT32_MAX : extreme ? int64_t{1} << 46 : 1 << 24;
    if (how & 1) {
      bias = bytes_of(random.s32(n, static_cast<int32_t>(-most), static_cast<int32_t>(most)));
    } else {
      std::vector<int64_t> wide(static_cast<size_t>(n));
      for (auto& v : wide) v = random.integer(-most, most);
      bias = bytes_of(wide);
    }
  }
  std::vector<double> scales(static_cast<size_t>(n));
  for (auto& v : scales) {
    const double typical = 0.02 / static_cast<double>(k);
    v = typical * random.real(0.1f, 1.0f) * (extreme ? random.real(0.0001f, 50.0f) : 1.0f);
    if (random.integer(0, 19) == 0) v = 0.99999;  // a multiplier that is cut to 0x7fff
  }
  return {bytes_of(random.s8(n * k, extreme ? -128 : -127, extreme ? -127 : 127)), bias, bytes_of(scales)};
}

Bytes values(Random& random, int64_t count, bool extreme) {
  std::vector<int16_t> v(static_cast<size_t>(count));
  for (auto& x : v) x = static_cast<int16_t>(extreme ? -32768 : random.integer(-32768, 32767));
  return bytes_of(v);
}

Case gemm_case(Random& random, int m, int n, int k, int extra, int32_t how, bool extreme) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.requantization = how;
  p.out_min = static_cast<int32_t>(random.integer(-32768, 0));
  p.out_max = static_cast<int32_t>(random.integer(p.out_min, 32767));
  Case c;
  c.name = "gemm m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k) + " requantization " +
           std::to_string(how);
  c.op = "gemm";
  c.types = {S16, S8, S16};
  c.params = params_of(p);
  c.sources = columns(random, n, k, how, extreme);
  c.inputs = {values(random, m == 0 ? 0 : int64_t{m - 1} * p.lda + k, extreme)};
  c.out_bytes = m == 0 ? 0 : 2 * (int64_t{m - 1} * p.ldc + n);
  return c;
}

TEST(GemmS16, ShapesAndTails) {
  Random random(71);
  for (int m : {0, 1, 5, 6, 7, 13}) {
    for (int n : {1, 7, 15, 16, 17, 33}) {
      for (int k : {1, 2, 3, 16, 17, 64, 510, 511, 513}) {
        run_differential(gemm_case(random, m, n, k, k % 2, (m + n + k) % 4, false));
        if (HasFailure()) return;
      }
    }
  }
}

// Tiles of bytes: more than one, the last narrower; blocks of rows; steps of AMX that do not come out even.
TEST(GemmS16, ManyRowsAndColumns) {
  Random random(75);
  for (int m : {2, 31, 33, 48, 64, 65, 100, 130}) {
    for (int n : {16, 48, 64, 65, 130}) {
      for (int k : {3, 36, 64, 100, 128, 260}) {
        run_differential(gemm_case(random, m, n, k, k % 3, (m + n + k) % 4, false));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmS16, ExtremeValues) {
  Random random(72);
  for (int how = 0; how < 4; how++) {
    for (int k : {3, 255, 509, 510, 511, 1020, 2000, 65536, 65537}) {
      run_differential(gemm_case(random, 3, k > 9999 ? 2 : 17, k, 0, how, true));
      if (HasFailure()) return;
    }
  }
}

TEST(ConvS16, RandomShapes) {
  Random random(73);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 200; i++) {
    ConvParams p = {};
    p.batch = any(1, 2);
    p.in_h = any(1, 12);
    p.in_w = any(1, 12);
    p.groups = any(1, 3);
    p.in_c = p.groups * (i % 6 == 0 ? 16 * any(1, 4) : any(1, 24));
    p.out_c = p.groups * (i % 9 == 0 ? any(60, 140) : any(1, 40));
    p.kernel_h = any(1, 5);
    p.kernel_w = any(1, 5);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 3);
    p.dilation_h = any(1, 8);
    p.dilation_w = any(1, 2);
    p.pad_top = any(0, 7);
    p.pad_left = any(0, 4);
    p.out_h = any(0, 7);
    p.out_w = any(1, 7);
    p.requantization = i % 4;
    p.out_min = any(-32768, 0);
    p.out_max = any(0, 32767);
    Case c;
    c.name = "case " + std::to_string(i);
    c.op = "conv";
    c.types = {S16, S8, S16};
    c.params = params_of(p);
    c.sources = columns(random, p.out_c, conv_k(p), p.requantization, i % 5 == 0);
    c.inputs = {values(random, int64_t{p.batch} * p.in_h * p.in_w * p.in_c, i % 7 == 0)};
    c.out_bytes = int64_t{2} * p.batch * p.out_h * p.out_w * p.out_c;
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(GemmS16, RequantizationsByHand) {
  const int64_t bias = 0;
  const double half = 0.5;
  const int32_t multiplier = 1 << 30, no_shift = 0;
  const Columns16 c = {&bias, &half, &multiplier, &no_shift, nullptr};
  // Halves: fixed point of 64 bits up, of 32 bits up, doubles away from zero.
  EXPECT_EQ(requantize_16(3, c, 0, REQUANTIZE_FIXED_64), 2);
  EXPECT_EQ(requantize_16(-3, c, 0, REQUANTIZE_FIXED_64), -1);
  EXPECT_EQ(requantize_16(3, c, 0, REQUANTIZE_FIXED_32), 2);
  EXPECT_EQ(requantize_16(-3, c, 0, REQUANTIZE_FIXED_32), -1);
  EXPECT_EQ(requantize_16(-3, c, 0, REQUANTIZE_DOUBLE_64), -2);
  EXPECT_EQ(requantize_16((int64_t{1} << 32) + 3, c, 0, REQUANTIZE_UPWARD_32), 2);
  EXPECT_EQ(requantize_16(-3, c, 0, REQUANTIZE_UPWARD_32), -1);
  EXPECT_EQ(requantize_16((int64_t{1} << 32) + 4, c, 0, REQUANTIZE_FIXED_32), 2);
  // 1 - 2^-16 is cut to 32767 / 32768.
  const int32_t largest = 0x7fff8000;
  const Columns16 near_one = {&bias, &half, &largest, &no_shift, nullptr};
  EXPECT_EQ(requantize_16(1 << 20, near_one, 0, REQUANTIZE_FIXED_64), (1 << 20) - 32);
}

TEST(GemmS16, RefusesHostileParameters) {
  auto refuse = [&](auto change) {
    GemmParams p = {};
    p.m = p.n = p.k = p.lda = p.ldc = 4;
    change(p);
    expect_refused("gemm", params_of(p), {S16, S8, S16});
  };
  refuse([](GemmParams& p) { p.a_zero_point = 1; });
  refuse([](GemmParams& p) { p.out_zero_point = 1; });
  refuse([](GemmParams& p) { p.w_zero_point = 1; });
  refuse([](GemmParams& p) { p.requantization = 4; });
  refuse([](GemmParams& p) { p.requantization = -1; });
  refuse([](GemmParams& p) { p.out_max = 32768; });
  refuse([](GemmParams& p) { p.out_min = -32769; });
  refuse([](GemmParams& p) { p.k = p.lda = INT32_MAX; });
}

}  // namespace
}  // namespace sinter
