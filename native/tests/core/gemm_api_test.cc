// The direct matrix product: right results from any number of threads, clear errors.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <thread>
#include <vector>

#include "core/plan_builder.h"
#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/gemm/requantize.h"
#include "sinter.h"

namespace sinter {
namespace {

TEST(GemmApi, Int8EqualsTheDefinition) {
  Random random(1);
  const int m = 7, n = 33, k = 50;
  const auto a = random.s8(m * k), w = random.s8(n * k);
  const auto bias = random.s32(n, -1000, 1000);
  const auto scale = random.f32(n, 0.0001f, 0.001f);
  sinter_gemm_options o = {};
  o.type = SINTER_GEMM_S8S8S8;
  o.n = n;
  o.k = k;
  o.weights = w.data();
  o.bias = bias.data();
  o.scale = scale.data();
  o.a_zero_point = -5;
  o.out_zero_point = 3;
  o.out_min = -100;
  o.out_max = 120;
  const uint64_t gemm = sinter_gemm_create(&o);
  ASSERT_NE(gemm, 0u);
  EXPECT_NE(sinter_gemm_row(gemm), nullptr);
  std::vector<int8_t> expected(m * n);
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      int32_t sum = bias[j];
      for (int x = 0; x < k; x++) sum += (a[i * k + x] + 5) * w[j * k + x];
      expected[i * n + j] = requantize_s8(sum, scale[j], 3, -100, 120);
    }
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; t++) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 20; round++) {
        std::vector<int8_t> c(m * n, 77);
        ASSERT_EQ(sinter_gemm_run(gemm, m, a.data(), k, c.data(), n, 1 + t % 2), SINTER_OK);
        ASSERT_EQ(c, expected);
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(sinter_gemm_destroy(gemm), SINTER_OK);
  EXPECT_EQ(sinter_gemm_destroy(gemm), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_gemm_run(gemm, m, a.data(), k, expected.data(), n, 1), SINTER_INVALID_HANDLE);
}

TEST(GemmApi, Int32SumsAndForcedReference) {
  Random random(2);
  const int m = 3, n = 20, k = 31;
  const auto a = random.s8(m * k), w = random.s8(n * k);
  sinter_gemm_options o = {};
  o.type = SINTER_GEMM_S8S8S32;
  o.n = n;
  o.k = k;
  o.weights = w.data();
  const uint64_t fast = sinter_gemm_create(&o);
  o.isa_mask = uint64_t{1} << 63;  // no row needs that bit: only the reference is left
  const uint64_t plain = sinter_gemm_create(&o);
  ASSERT_NE(fast, 0u);
  ASSERT_NE(plain, 0u);
  EXPECT_STREQ(sinter_gemm_row(plain), "gemm_s8s8s32_reference");
  std::vector<int32_t> c1(m * 25, -1), c2(m * 25, -1);
  ASSERT_EQ(sinter_gemm_run(fast, m, a.data(), k, c1.data(), 25, 2), SINTER_OK);
  ASSERT_EQ(sinter_gemm_run(plain, m, a.data(), k, c2.data(), 25, 1), SINTER_OK);
  EXPECT_EQ(c1, c2);
  EXPECT_EQ(sinter_gemm_run(plain, 0, nullptr, k, nullptr, n, 1), SINTER_OK);
  sinter_gemm_destroy(fast);
  sinter_gemm_destroy(plain);
}

const uint64_t no_isa = uint64_t{1} << 63;  // no row needs that bit: only the reference is left

// uint8 with two zero points, uint8 by int8, sums and requantized; rows of A and C with gaps.
TEST(GemmApi, Uint8EqualsAPlainLoop) {
  Random random(3);
  for (int round = 0; round < 60; round++) {
    const int m = static_cast<int>(random.integer(1, 9)), n = static_cast<int>(random.integer(1, 70));
    const int k = static_cast<int>(random.integer(1, 90)), lda = k + 3, ldc = n + 2;
    const int types[] = {SINTER_GEMM_U8U8U8, SINTER_GEMM_U8U8S32, SINTER_GEMM_U8S8S32};
    const int type = types[round % 3];
    const bool bytes_out = type == SINTER_GEMM_U8U8U8, signed_weights = type == SINTER_GEMM_U8S8S32;
    const auto a = random.s8(m * lda), w = random.s8(n * k);
    const auto bias = random.s32(n, -1000, 1000);
    const auto scale = random.f32(n, 0.0001f, 0.002f);
    sinter_gemm_options o;
    sinter_gemm_init(&o, type);
    o.n = n;
    o.k = k;
    o.weights = w.data();
    o.bias = bias.data();
    o.scale = bytes_out ? scale.data() : nullptr;
    o.a_zero_point = static_cast<int32_t>(random.integer(0, 255));
    o.w_zero_point = signed_weights ? 0 : static_cast<int32_t>(random.integer(0, 255));
    if (bytes_out) {
      o.out_zero_point = static_cast<int32_t>(random.integer(0, 255));
      o.out_min = 5;
      o.out_max = 250;
    }
    for (uint64_t mask : {uint64_t{0}, no_isa}) {
      o.isa_mask = mask;
      const uint64_t gemm = sinter_gemm_create(&o);
      ASSERT_NE(gemm, 0u);
      std::vector<uint8_t> c8(static_cast<size_t>(m * ldc), 0x5a);
      std::vector<int32_t> c32(static_cast<size_t>(m * ldc), 77);
      void* c = bytes_out ? static_cast<void*>(c8.data()) : c32.data();
      ASSERT_EQ(sinter_gemm_run(gemm, m, a.data(), lda, c, ldc, 1 + round % 2), SINTER_OK);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < ldc; j++) {
          const size_t at = static_cast<size_t>(i * ldc + j);
          if (j >= n) {
            ASSERT_TRUE(c8[at] == 0x5a && c32[at] == 77) << "a gap of C was written";
            continue;
          }
          int32_t sum = bias[static_cast<size_t>(j)];
          for (int x = 0; x < k; x++) {
            const int8_t weight = w[static_cast<size_t>(j * k + x)];
            sum += (static_cast<uint8_t>(a[static_cast<size_t>(i * lda + x)]) - o.a_zero_point) *
                   ((signed_weights ? weight : static_cast<uint8_t>(weight)) - o.w_zero_point);
          }
          if (bytes_out) {
            ASSERT_EQ(c8[at], requantize_u8(sum, scale[static_cast<size_t>(j)], o.out_zero_point, 5, 250));
          } else {
            ASSERT_EQ(c32[at], sum) << sinter_gemm_row(gemm);
          }
        }
      }
      sinter_gemm_destroy(gemm);
    }
  }
}

TEST(GemmApi, Bfloat16IsWithinItsBound) {
  Random random(4);
  for (int round = 0; round < 40; round++) {
    const int m = static_cast<int>(random.integer(1, 9)), n = static_cast<int>(random.integer(1, 70));
    const int k = static_cast<int>(random.integer(1, 90));
    auto a = random.f32(m * k, -1, 1), w = random.f32(n * k, -1, 1);
    std::vector<uint16_t> a16(a.size()), w16(w.size());
    sinter_bf16_from_float(a.data(), a16.data(), m * k);
    sinter_bf16_from_float(w.data(), w16.data(), n * k);
    std::vector<float> ar(a.size()), wr(w.size());
    sinter_bf16_to_float(a16.data(), ar.data(), m * k);
    sinter_bf16_to_float(w16.data(), wr.data(), n * k);
    for (int type : {SINTER_GEMM_BF16, SINTER_GEMM_F32BF16}) {
      for (uint64_t mask : {uint64_t{0}, no_isa}) {
        sinter_gemm_options o;
        sinter_gemm_init(&o, type);
        o.n = n;
        o.k = k;
        o.weights = w16.data();
        o.isa_mask = mask;
        const uint64_t gemm = sinter_gemm_create(&o);
        ASSERT_NE(gemm, 0u);
        std::vector<float> c(static_cast<size_t>(m * n), 77);
        const void* left = type == SINTER_GEMM_BF16 ? static_cast<const void*>(a16.data()) : a.data();
        ASSERT_EQ(sinter_gemm_run(gemm, m, left, k, c.data(), n, 1), SINTER_OK);
        for (int i = 0; i < m; i++) {
          for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int x = 0; x < k; x++) {
              sum += static_cast<double>(ar[static_cast<size_t>(i * k + x)]) * wr[static_cast<size_t>(j * k + x)];
            }
            ASSERT_NEAR(c[static_cast<size_t>(i * n + j)], sum, float_bound(k, k)) << sinter_gemm_row(gemm);
          }
        }
        sinter_gemm_destroy(gemm);
      }
    }
  }
}

TEST(GemmApi, Int8WeightsWithScales) {
  Random random(23);
  const int m = 3, n = 10, k = 40;
  const auto a = random.f32(m * k, -1, 1), scale = random.f32(n, 0.5f, 2);
  const auto w = random.s8(n * k);
  std::vector<uint16_t> a16(a.size());
  std::vector<float> ar(a.size());
  sinter_bf16_from_float(a.data(), a16.data(), m * k);
  sinter_bf16_to_float(a16.data(), ar.data(), m * k);
  sinter_gemm_options o;
  sinter_gemm_init(&o, SINTER_GEMM_BF16S8);
  o.n = n;
  o.k = k;
  o.weights = w.data();
  EXPECT_EQ(sinter_gemm_create(&o), 0u);
  EXPECT_NE(error_text().find("need scale"), std::string::npos) << error_text();
  o.scale = scale.data();
  o.act_max = 50;
  const uint64_t gemm = sinter_gemm_create(&o);
  ASSERT_NE(gemm, 0u) << error_text();
  std::vector<float> c(static_cast<size_t>(m * n));
  ASSERT_EQ(sinter_gemm_run(gemm, m, a16.data(), k, c.data(), n, 1), SINTER_OK);
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < n; j++) {
      double sum = 0;
      for (int x = 0; x < k; x++) {
        sum += static_cast<double>(ar[static_cast<size_t>(i * k + x)]) * w[static_cast<size_t>(j * k + x)];
      }
      sum *= scale[static_cast<size_t>(j)];
      ASSERT_NEAR(c[static_cast<size_t>(i * n + j)], sum < 50 ? sum : 50, float_bound(k, 300.0 * k));
    }
  }
  sinter_gemm_destroy(gemm);
}

// What is reserved for many rows serves any number of them.
TEST(GemmApi, ScratchGrowsWithRowsAndIsReserved) {
  std::vector<int8_t> w(64 * 64), a(300 * 64);
  std::vector<int32_t> c(300 * 64);
  sinter_gemm_options o;
  sinter_gemm_init(&o, SINTER_GEMM_S8S8S32);
  o.n = o.k = 64;
  o.weights = w.data();
  const uint64_t gemm = sinter_gemm_create(&o);
  ASSERT_NE(gemm, 0u);
  EXPECT_EQ(sinter_gemm_reserve(gemm, 300, 0, 3), SINTER_OK);
  EXPECT_EQ(sinter_gemm_reserve(gemm, 300, 1, 0), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_gemm_reserve(gemm, 300, 1, 4097), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_gemm_reserve(gemm, 300, -1, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_gemm_reserve(gemm, -1, 1, 1), SINTER_INVALID_ARGUMENT);
  for (int m : {1, 7, 300}) EXPECT_EQ(sinter_gemm_run(gemm, m, a.data(), 64, c.data(), 64, 0), SINTER_OK);
  sinter_gemm_destroy(gemm);
  EXPECT_EQ(sinter_gemm_reserve(gemm, 1, 1, 1), SINTER_INVALID_HANDLE);
}

TEST(GemmApi, RefusesNonsenseWithAMessage) {
  int8_t bytes[16] = {};
  sinter_gemm_options o = {};
  auto refused = [&] {
    const uint64_t gemm = sinter_gemm_create(&o);
    EXPECT_EQ(gemm, 0u);
    EXPECT_GT(sinter_last_error(nullptr, 0), 0);
  };
  EXPECT_EQ(sinter_gemm_create(nullptr), 0u);
  sinter_gemm_init(nullptr, 0);
  o.type = 99;
  refused();
  o.type = SINTER_GEMM_S8S8S32;
  refused();  // no weights
  o.weights = bytes;
  refused();  // n and k are 0
  o.n = 4;
  o.k = 4;
  o.a_zero_point = 1000;
  refused();
  o.a_zero_point = 0;
  o.type = SINTER_GEMM_S8S8S8;
  refused();  // no scale
  o.type = SINTER_GEMM_S8S8S32;
  o.w_zero_point = 1;
  refused();  // int8 weights have no zero point
  o.type = SINTER_GEMM_U8S8S32;
  refused();
  o.type = SINTER_GEMM_U8U8S32;
  o.w_zero_point = 256;
  refused();
  o.w_zero_point = 0;
  o.k = 33026;
  refused();
  o.type = SINTER_GEMM_F32;
  o.n = o.k = INT32_MAX;
  refused();  // larger than any memory
  o.n = o.k = 4;
  o.type = SINTER_GEMM_S8S8S32;
  const uint64_t gemm = sinter_gemm_create(&o);
  ASSERT_NE(gemm, 0u);
  int32_t c[16];
  EXPECT_EQ(sinter_gemm_run(gemm, -1, bytes, 4, c, 4, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_gemm_run(gemm, 2, bytes, 3, c, 4, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_gemm_run(gemm, 2, bytes, 4, c, 3, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_gemm_run(gemm, 2, nullptr, 4, c, 4, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_gemm_run(gemm, 2, bytes, int64_t{1} << 40, c, 4, 1), SINTER_INVALID_ARGUMENT);
  sinter_gemm_destroy(gemm);
}

}  // namespace
}  // namespace sinter
