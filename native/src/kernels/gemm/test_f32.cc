// gemm in float: every row against the reference, within a bound that grows with k.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

Case make_case(Random& random, int m, int n, int k, int extra, bool clamp, bool whole) {
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
  c.sources = {float_values(random, int64_t{n} * k, whole),
               random.integer(0, 2) == 0 ? Bytes() : float_values(random, n, whole), Bytes()};
  c.inputs = {float_values(random, m == 0 ? 0 : int64_t{m - 1} * p.lda + k, whole)};
  c.out_bytes = m == 0 ? 0 : (int64_t{m - 1} * p.ldc + n) * 4;
  c.tolerance = value_tolerance(k, whole);
  return c;
}

TEST(GemmF32, SmallShapesAndTails) {
  Random random(21);
  for (int m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 31}) {
    for (int n : {1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 48, 57, 64, 65, 128, 130}) {
      for (int k : {1, 2, 3, 4, 8, 17}) run_differential(make_case(random, m, n, k, 0, k % 2, m % 2));
      if (HasFailure()) return;
    }
  }
}

TEST(GemmF32, RandomShapesAndStrides) {
  Random random(22);
  for (int i = 0; i < 100; i++) {
    run_differential(make_case(random, static_cast<int>(random.integer(1, 120)),
                               static_cast<int>(random.integer(1, 150)), static_cast<int>(random.integer(1, 400)),
                               static_cast<int>(random.integer(0, 5)), i % 2, i % 4 < 2));
    if (HasFailure()) return;
  }
  for (int m : {1, 4}) {
    run_differential(make_case(random, m, 1001, 1280, 0, false, true));
    run_differential(make_case(random, m, 257, 1280, 0, false, false));
  }
  run_differential(make_case(random, 100, 37, 2100, 0, true, true));  // several blocks of rows
}

// An infinity in the input (times 0 it is NaN, which stays), and a clamp of one value.
TEST(GemmF32, Extremes) {
  Random random(23);
  for (int m : {1, 7}) {
    Case c = make_case(random, m, 37, 5, 0, false, true);
    const float odd[] = {INFINITY, 0, -0.0f, 1e30f};
    memcpy(c.inputs[0].data(), odd, sizeof odd);
    run_differential(c);
    GemmParams p;
    memcpy(&p, c.params.data(), sizeof p);
    p.act_min = p.act_max = -2;
    c.params = params_of(p);
    run_differential(c);
  }
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
