// batch_matmul in int16: sums by hand, both transpositions and broadcasting against one another, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/batch_matmul/op.h"

namespace sinter {
namespace {

BatchMatmulParams plain(int m, int n, int k) {
  BatchMatmulParams p = {};
  p.batch0 = p.batch1 = p.batch2 = 1;
  p.m = m;
  p.n = n;
  p.k = k;
  p.scale_multiplier = 1 << 30;  // with shift 0: one half
  p.out_min = -32768;
  p.out_max = 32767;
  return p;
}

template <class B>
std::vector<int16_t> multiply(const BatchMatmulParams& p, const std::vector<int16_t>& a, const std::vector<B>& b) {
  Case c;
  c.name = "m" + std::to_string(p.m) + " n" + std::to_string(p.n) + " k" + std::to_string(p.k);
  c.op = "batch_matmul";
  c.params = params_of(p);
  c.types = {S16, sizeof(B) == 1 ? S8 : S16, S16};
  c.inputs = {bytes_of(a), bytes_of(b)};
  c.out_bytes = int64_t{2} * p.batch0 * p.batch1 * p.batch2 * p.m * p.n;
  run_differential(c);
  const Bytes bytes = run_reference(c);
  std::vector<int16_t> out(bytes.size() / 2);
  if (!bytes.empty()) memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

TEST(BatchMatmulS16, SumsByHand) {
  const std::vector<int16_t> a = {100, -3, 5, 7}, b = {2, 1, -4, 30000};
  // Row by column, halved, halves up: (100*2 + 12)/2, (100 - 90000)/2 bounded, (10 - 28)/2, (5 + 210000)/2 bounded.
  EXPECT_EQ(multiply(plain(2, 2, 2), a, b), (std::vector<int16_t>{106, -32768, -9, 32767}));
  EXPECT_EQ(multiply(plain(2, 2, 2), a, std::vector<int8_t>{2, 1, -4, 3}), (std::vector<int16_t>{106, 46, -9, 13}));
}

TEST(BatchMatmulS16, TransposedOperandsGiveTheSame) {
  Random random(5);
  const int m = 3, n = 4, k = 7;
  std::vector<int16_t> a(m * k), at(m * k), b(k * n), bt(k * n);
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < k; j++) at[j * m + i] = a[i * k + j] = static_cast<int16_t>(random.integer(-300, 300));
  }
  for (int i = 0; i < k; i++) {
    for (int j = 0; j < n; j++) bt[j * k + i] = b[i * n + j] = static_cast<int16_t>(random.integer(-300, 300));
  }
  BatchMatmulParams p = plain(m, n, k);
  p.scale_shift = -4;
  const std::vector<int16_t> expected = multiply(p, a, b);
  p.transpose_a = 1;
  EXPECT_EQ(multiply(p, at, b), expected);
  p.transpose_b = 1;
  EXPECT_EQ(multiply(p, at, bt), expected);
  p.a_row = m + 2;  // the same with gaps between the rows of A
  std::vector<int16_t> wide(static_cast<size_t>(p.a_row * (k - 1) + m));
  for (int i = 0; i < k; i++) {
    for (int j = 0; j < m; j++) wide[i * p.a_row + j] = at[i * m + j];
  }
  EXPECT_EQ(multiply(p, wide, bt), expected);
  p.a_row = 0;
  p.batch2 = 2;  // one B for both
  p.a_batch2 = m * k;
  std::vector<int16_t> twice = at;
  twice.insert(twice.end(), at.begin(), at.end());
  std::vector<int16_t> both = expected;
  both.insert(both.end(), expected.begin(), expected.end());
  EXPECT_EQ(multiply(p, twice, bt), both);
}

TEST(BatchMatmulS16, ShapesAndTails) {
  Random random(6);
  for (const int m : {0, 1, 6, 13, 40}) {
    for (const int n : {1, 8, 15, 16, 33}) {
      for (const int k : {1, 2, 16, 31, 64, 253, 254, 255, 600}) {
        BatchMatmulParams p = plain(m, n, k);
        p.batch1 = 1 + (m + n + k) % 3;
        p.a_batch1 = m * k;
        p.b_batch1 = n * k;
        p.transpose_a = (m + k) % 2;
        p.transpose_b = (n + k) / 2 % 2;
        p.scale_shift = -20;
        p.scale_multiplier = (1 << 30) + 12345 * k;
        p.out_min = -30000;
        const bool extreme = k % 5 == 4;  // sums as large as can be
        std::vector<int16_t> a(static_cast<size_t>(p.batch1) * m * k), b(static_cast<size_t>(p.batch1) * n * k);
        for (auto& v : a) v = static_cast<int16_t>(extreme ? -32768 : random.integer(-32768, 32767));
        for (auto& v : b) v = static_cast<int16_t>(extreme ? -32768 : random.integer(-32768, 32767));
        multiply(p, a, b);
        multiply(p, a, random.s8(static_cast<int64_t>(b.size())));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(BatchMatmulS16, RefusesHostileParameters) {
  auto refuse = [](auto change) {
    BatchMatmulParams p = plain(1, 1, 1);
    change(p);
    expect_refused("batch_matmul", params_of(p), {S16, S16, S16});
    expect_refused("batch_matmul", params_of(p), {S16, S8, S16});
  };
  refuse([](BatchMatmulParams& p) { p.a_zero_point = 1; });
  refuse([](BatchMatmulParams& p) { p.scale_shift = 15; });
  refuse([](BatchMatmulParams& p) { p.scale_shift = -32; });
  refuse([](BatchMatmulParams& p) { p.scale_multiplier = -1; });
  refuse([](BatchMatmulParams& p) { p.out_max = 32768; });
}

}  // namespace
}  // namespace sinter
