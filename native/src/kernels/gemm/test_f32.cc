// gemm in float: every row against the reference, within a bound that grows with k.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

Case make_case(Random& random, int m, int n, int k, int extra, bool clamp) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.act_min = clamp ? 0.0f : -INFINITY;
  p.act_max = clamp ? 6.0f : INFINITY;
  Case c;
  c.name = "gemm f32 m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k);
  c.op = "gemm";
  c.types = {F32, F32, F32};
  c.params = params_of(p);
  c.sources = {bytes_of(random.f32(int64_t{n} * k, -1, 1)),
               random.integer(0, 2) == 0 ? Bytes() : bytes_of(random.f32(n, -1, 1)), Bytes()};
  c.inputs = {bytes_of(random.f32(m == 0 ? 0 : int64_t{m - 1} * p.lda + k, -1, 1))};
  c.out_bytes = m == 0 ? 0 : (int64_t{m - 1} * p.ldc + n) * 4;
  // Two orders of k + 1 sums of at most 1 each differ by at most (k + 1)^2 roundings of 2^-24.
  c.tolerance = {static_cast<float>(k + 1) * static_cast<float>(k + 1) * 6e-8f};
  if (k > 64) c.tolerance = {static_cast<float>(k + 1) * 2e-6f};
  return c;
}

TEST(GemmF32, SmallShapesAndTails) {
  Random random(21);
  for (int m : {0, 1, 2, 3, 5, 6, 7, 12, 13}) {
    for (int n : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48}) {
      for (int k : {1, 2, 3, 4, 8, 17}) run_differential(make_case(random, m, n, k, 0, k % 2));
      if (HasFailure()) return;
    }
  }
}

TEST(GemmF32, RandomShapesAndStrides) {
  Random random(22);
  for (int i = 0; i < 100; i++) {
    run_differential(make_case(random, static_cast<int>(random.integer(1, 120)),
                               static_cast<int>(random.integer(1, 150)), static_cast<int>(random.integer(1, 400)),
                               static_cast<int>(random.integer(0, 5)), i % 2));
    if (HasFailure()) return;
  }
  run_differential(make_case(random, 1, 1001, 1280, 0, false));
}

TEST(GemmF32, RefusesHostileParameters) {
  GemmParams p = {};
  p.m = p.n = p.k = p.lda = p.ldc = 4;
  p.act_min = NAN;
  expect_refused("gemm", params_of(p), {F32, F32, F32});
  p.act_min = 2;
  p.act_max = 1;
  expect_refused("gemm", params_of(p), {F32, F32, F32});
  p.act_max = 3;
  p.m = INT32_MAX;
  p.lda = INT32_MAX;
  p.k = 0;
  expect_refused("gemm", params_of(p), {F32, F32, F32});
}

}  // namespace
}  // namespace sinter
