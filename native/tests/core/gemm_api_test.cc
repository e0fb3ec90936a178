// The direct matrix product: right results from any number of threads, clear errors.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <thread>
#include <vector>

#include "differential.h"
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

TEST(GemmApi, RefusesNonsenseWithAMessage) {
  int8_t bytes[16] = {};
  sinter_gemm_options o = {};
  auto refused = [&] {
    const uint64_t gemm = sinter_gemm_create(&o);
    EXPECT_EQ(gemm, 0u);
    EXPECT_GT(sinter_last_error(nullptr, 0), 0);
  };
  EXPECT_EQ(sinter_gemm_create(nullptr), 0u);
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
