// gemm in uint8: every row against the reference, with zero points of the weights anywhere.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

Case make_case(Random& random, int m, int n, int k, int extra, bool extreme) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + extra;
  p.ldc = n + extra;
  p.a_zero_point = static_cast<int32_t>(random.integer(0, 255));
  p.w_zero_point = static_cast<int32_t>(random.integer(0, 255));
  p.out_zero_point = static_cast<int32_t>(random.integer(0, 255));
  p.out_min = static_cast<int32_t>(random.integer(0, 128));
  p.out_max = static_cast<int32_t>(random.integer(p.out_min, 255));
  Case c;
  c.name =
      "gemm m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k) + " +" + std::to_string(extra);
  c.op = "gemm";
  c.types = {U8, U8, U8};
  c.params = params_of(p);
  const float typical = 0.02f / static_cast<float>(k);
  c.sources = {bytes_of(random.s8(int64_t{n} * k, extreme ? -1 : -128, extreme ? 0 : 127)),
               random.integer(0, 3) == 0 ? Bytes() : bytes_of(random.s32(n, -9999, 9999)),
               bytes_of(random.f32(n, typical / 8, extreme ? 300.0f : typical))};
  c.inputs = {bytes_of(random.s8(m == 0 ? 0 : int64_t{m - 1} * p.lda + k, extreme ? -2 : -128, extreme ? 1 : 127))};
  c.out_bytes = m == 0 ? 0 : int64_t{m - 1} * p.ldc + n;
  return c;
}

// The same, the sums themselves.
Case sums_case(const Case& of) {
  Case c = of;
  c.types = {U8, U8, S32};
  c.sources[2] = Bytes();
  c.out_bytes = of.out_bytes * 4;
  return c;
}

TEST(GemmU8, SmallShapesAndTails) {
  Random random(61);
  for (int m : {0, 1, 2, 5, 6, 7, 13}) {
    for (int n : {1, 3, 8, 15, 16, 17, 33, 64, 65}) {
      for (int k : {1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 64}) {
        const Case c = make_case(random, m, n, k, k % 2, false);
        run_differential(c);
        run_differential(sums_case(c));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmU8, RandomShapesAndExtremeValues) {
  Random random(62);
  for (int i = 0; i < 120; i++) {
    run_differential(make_case(random, static_cast<int>(random.integer(1, 120)),
                               static_cast<int>(random.integer(1, 100)), static_cast<int>(random.integer(1, 400)),
                               static_cast<int>(random.integer(0, 5)), i % 3 == 0));
    if (HasFailure()) return;
  }
  const Case longest = make_case(random, 2, 20, 33025, 0, true);
  run_differential(longest);
  run_differential(sums_case(longest));
  run_differential(make_case(random, 1, 1001, 1280, 0, false));
}

TEST(GemmU8, RefusesHostileParameters) {
  auto refuse = [&](auto change) {
    GemmParams p = {};
    p.m = p.n = p.k = p.lda = p.ldc = 4;
    p.out_max = 255;
    change(p);
    expect_refused("gemm", params_of(p), {U8, U8, U8});
  };
  refuse([](GemmParams& p) { p.w_zero_point = -1; });
  refuse([](GemmParams& p) { p.w_zero_point = 256; });
  refuse([](GemmParams& p) { p.a_zero_point = -1; });
  refuse([](GemmParams& p) { p.out_zero_point = 256; });
  refuse([](GemmParams& p) { p.out_min = -1; });
  refuse([](GemmParams& p) { p.out_max = 256; });
  refuse([](GemmParams& p) { p.k = p.lda = 33026; });
  GemmParams p = {};
  p.m = p.n = p.k = p.lda = p.ldc = 4;
  p.w_zero_point = 1;
  expect_refused("gemm", params_of(p), {S8, S8, S8});
  expect_refused("gemm", params_of(p), {F32, F32, F32});
}

}  // namespace
}  // namespace sinter
