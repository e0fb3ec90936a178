// gemm of float activations by int4 weights: rows equal to the reference bit for bit, the reference against doubles.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/half.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_s4.h"

namespace sinter {
namespace {

// Any bytes are weights; halves between 2^-10 and 1/4, some of them denormal or zero.
Bytes nibbles(Random& random, int64_t count) {
  return bytes_of(random.s8((count + 1) / 2));
}
Bytes halves(Random& random, int64_t count) {
  std::vector<uint16_t> values(static_cast<size_t>(count));
  for (auto& v : values) {
    v = static_cast<uint16_t>(random.integer(0, 15) ? random.integer(0x1400, 0x3400) : random.integer(0, 0x3ff));
  }
  return bytes_of(values);
}

Case make_case(Random& random, int m, int n, int k, int block, int extra) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.block = block;
  p.dynamic = block ? 0 : static_cast<int32_t>(random.integer(0, DYNAMIC_LAST));
  p.act_min = random.integer(0, 1) ? -INFINITY : -1.0f;
  p.act_max = random.integer(0, 1) ? INFINITY : 2.0f;
  Case c;
  c.name = "int4 m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k) + " block " +
           std::to_string(block) + " dynamic " + std::to_string(p.dynamic);
  c.op = "gemm";
  c.types = {F32, S4, F32};
  c.params = params_of(p);
  c.sources = {nibbles(random, int64_t{n} * k), random.integer(0, 2) ? bytes_of(random.f32(n, -1, 1)) : Bytes(),
               block ? halves(random, int64_t{n} * (k / block)) : bytes_of(random.f32(n, 0.001f, 0.02f))};
  // Rows of one sign, of both, of zeros.
  const float low = random.integer(0, 2) ? -1.5f : 0.0f, high = random.integer(0, 3) ? 3.0f : 0.0f;
  c.inputs = {bytes_of(random.f32(m == 0 ? 0 : int64_t{m - 1} * p.lda + k, low, high))};
  c.out_bytes = m == 0 ? 0 : 4 * (int64_t{m - 1} * p.ldc + n);
  return c;
}

TEST(GemmS4, ShapesAndTails) {
  Random random(141);
  for (int m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20}) {
    for (int n : {1, 15, 16, 17, 40, 63, 64, 65, 130}) {
      for (int k : {1, 2, 7, 8, 9, 31, 64, 301}) {
        run_differential(make_case(random, m, n, k, 0, k % 2));
        if (HasFailure()) return;
      }
    }
  }
  run_differential(make_case(random, 1, 1000, 1280, 0, 0));
  run_differential(make_case(random, 90, 70, 1500, 0, 4));  // several blocks of rows
  run_differential(make_case(random, 500, 70, 40, 0, 0));
  run_differential(make_case(random, 3, 17, 65535, 0, 0));
}

TEST(GemmS4, BlocksOfK) {
  Random random(142);
  for (int m : {1, 2, 3, 4, 5, 6, 7, 9, 20}) {
    for (int n : {1, 16, 17, 48, 64, 65, 130}) {
      for (int block : {8, 24, 32, 64, 128, 256}) {
        run_differential(make_case(random, m, n, block * (1 + m % 3), block, n % 2));
        if (HasFailure()) return;
      }
    }
  }
  for (int block : {1, 3, 20, 512}) run_differential(make_case(random, 4, 20, 2 * block, block, 0));
  run_differential(make_case(random, 90, 70, 1536, 32, 4));
  run_differential(make_case(random, 1, 257, 4096, 128, 0));
}

// The largest sums: every weight -8, every value at an end of its range.
TEST(GemmS4, ExtremeValues) {
  Random random(143);
  for (int m : {1, 6, 13}) {
    for (int block : {0, 256}) {
      for (float end : {-1.0f, 1.0f}) {
        const int k = 65536;
        Case c = make_case(random, m, 3, k, block, 0);
        memset(c.sources[0].data(), 0x88, c.sources[0].size());
        c.inputs = {bytes_of(std::vector<float>(static_cast<size_t>(m) * k, end))};
        run_differential(c);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmS4, ReferenceByHand) {
  Random random(144);
  for (int block : {0, 32}) {
    GemmParams p = {};
    p.m = 2;
    p.n = p.ldc = 3;
    p.k = p.lda = 64;
    p.block = block;
    p.act_min = -INFINITY;
    p.act_max = INFINITY;
    // Values that quantize without a rest: 0 .. 255 of a range that 255 ends.
    std::vector<float> a(128), bias = {1, 2, 3}, scales = {0.5f, 1, 2, 0.25f, 1, 1};
    for (int i = 0; i < 128; i++) a[static_cast<size_t>(i)] = static_cast<float>(i % 64 == 63 ? 255 : i % 40);
    const std::vector<uint16_t> stored = {0x3800, 0x3c00, 0x4000, 0x3400, 0x3c00, 0x3c00};  // the same as halves
    for (size_t i = 0; i < 6; i++) ASSERT_EQ(half_to_float(stored[i]), scales[i]);
    scales.resize(block ? 6 : 3);
    std::vector<int> w(192);
    std::vector<uint8_t> packed(96);
    for (size_t i = 0; i < 192; i++) {
      w[i] = static_cast<int>(i % 16) - 8;
      packed[i / 2] = static_cast<uint8_t>(packed[i / 2] | (w[i] & 15) << (i % 2 * 4));
    }
    Case c;
    c.name = "by hand";
    c.op = "gemm";
    c.types = {F32, S4, F32};
    c.params = params_of(p);
    c.sources = {bytes_of(packed), bytes_of(bias), block ? bytes_of(stored) : bytes_of(scales)};
    c.inputs = {bytes_of(a)};
    c.out_bytes = 24;
    run_differential(c);
    const Bytes out = run_reference(c);
    for (size_t m = 0; m < 2; m++) {
      for (size_t n = 0; n < 3; n++) {
        double sum = static_cast<double>(bias[n]);
        for (size_t k = 0; k < 64; k++) {
          sum += static_cast<double>(a[64 * m + k]) * w[64 * n + k] *
                 static_cast<double>(block ? scales[2 * n + k / 32] : scales[n]);
        }
        float y;
        memcpy(&y, &out[4 * (3 * m + n)], 4);
        EXPECT_EQ(y, static_cast<float>(sum));
      }
    }
  }
}

TEST(GemmS4, Halves) {
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24f);
  EXPECT_EQ(half_to_float(0x83ff), -1023 * 0x1p-24f);
  EXPECT_EQ(half_to_float(0x0400), 0x1p-14f);
  EXPECT_EQ(half_to_float(0x7bff), 65504.0f);
  EXPECT_EQ(half_to_float(0xfc00), -INFINITY);
  EXPECT_TRUE(isnan(half_to_float(0x7c01)));
}

TEST(GemmS4, RefusesHostileParametersAndSources) {
  GemmParams p = {};
  p.m = p.n = p.ldc = 4;
  p.k = p.lda = 65537;
  expect_refused("gemm", params_of(p), {F32, S4, F32});
  p.k = p.lda = 64;
  p.block = 48;
  expect_refused("gemm", params_of(p), {F32, S4, F32});
  p.block = 32;
  p.dynamic = DYNAMIC_SYMMETRIC;  // blocks are the delegate's
  expect_refused("gemm", params_of(p), {F32, S4, F32});
  p.dynamic = WEIGHT_ONLY_BF16 + 1;
  expect_refused("gemm", params_of(p), {F32, S4, F32});
  p.dynamic = 0;
  const std::vector<char> w(128), bias(16), scale(16);
  for (const char* name : {"gemm_f32s4f32_reference", "gemm_f32s4f32_avx2"}) {
    const RowDef* row = find_row(name);
    Source sources[] = {{w.data(), 128}, {bias.data(), 16}, {scale.data(), 16}};
    EXPECT_GT(row->packing->bytes(&p, sources), 0);
    for (size_t i = 0; i < 3; i++) {
      Source wrong[] = {sources[0], sources[1], sources[2]};
      wrong[i].bytes -= 1;
      EXPECT_EQ(row->packing->bytes(&p, wrong), -1);
    }
  }
}

}  // namespace
}  // namespace sinter
