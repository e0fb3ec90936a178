// gemm in int8: every row against the reference over shapes, tails, strides and extremes.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "device_rows.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

struct Shape {
  int m, n, k, extra_lda, extra_ldc;
};

enum Values { ORDINARY, EXTREME };

Case make_case(Random& random, Shape s, DataType out, Values values) {
  GemmParams p = {};
  p.m = s.m;
  p.n = s.n;
  p.k = s.k;
  p.lda = s.k + s.extra_lda;
  p.ldc = s.n + s.extra_ldc;
  p.a_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_min = static_cast<int32_t>(random.integer(-128, 0));
  p.out_max = static_cast<int32_t>(random.integer(p.out_min, 127));
  Case c;
  c.name = "gemm m" + std::to_string(s.m) + " n" + std::to_string(s.n) + " k" + std::to_string(s.k) + " lda+" +
           std::to_string(s.extra_lda) + " ldc+" + std::to_string(s.extra_ldc);
  c.op = "gemm";
  c.types = {S8, S8, out};
  c.params = params_of(p);
  const int64_t weights = int64_t{s.n} * s.k;
  const bool extreme = values == EXTREME;
  c.sources.push_back(bytes_of(extreme ? random.s8(weights, -128, -127) : random.s8(weights)));
  c.sources.push_back(random.integer(0, 3) == 0 ? Bytes()
                                                : bytes_of(extreme ? random.s32(s.n, INT32_MAX - 9, INT32_MAX)
                                                                   : random.s32(s.n, -9999, 9999)));
  // Typical: sums of some sqrt(k) * 5000 land all over the int8 range.
  const float typical = 0.02f / static_cast<float>(s.k);
  c.sources.push_back(out == S8 ? bytes_of(random.f32(s.n, typical / 8, extreme ? 300.0f : typical)) : Bytes());
  c.inputs.push_back(bytes_of(random.s8(s.m == 0 ? 0 : int64_t{s.m - 1} * p.lda + s.k, -128, extreme ? -127 : 127)));
  c.out_bytes = s.m == 0 ? 0 : (int64_t{s.m - 1} * p.ldc + s.n) * (out == S8 ? 1 : 4);
  c.width = s.m;
  c.in_channels = s.k;
  c.out_channels = s.n;
  c.in_fill = p.a_zero_point;
  if (s.extra_lda == 0 && s.extra_ldc == 0 && s.m > 0) {
    c.to_quads = [](void* params, int64_t pitch) {
      GemmParams* q = static_cast<GemmParams*>(params);
      q->lda = q->ldc = static_cast<int32_t>(pitch);
    };
  }
  return c;
}

TEST(GemmS8, SmallShapesAndTails) {
  Random random(1);
  for (int m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 13}) {
    for (int n : {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65}) {
      for (int k : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 33, 64}) {
        run_differential(make_case(random, {m, n, k, 0, 0}, S8, ORDINARY));
        if (HasFailure()) return;
      }
    }
  }
}

// Around the 16 rows, 16 columns and 16 groups of k of a tile that is a register, in steps that come out even and not.
TEST(GemmS8, EdgesOfTiles) {
  Random random(7);
  for (int m : {15, 16, 17, 31, 32, 33, 49, 64, 65, 97}) {
    for (int n : {16, 48, 80, 113}) {
      for (int k : {60, 63, 64, 65, 68, 72, 128, 132, 144, 260}) {
        run_differential(make_case(random, {m, n, k, k % 7, n % 5}, (m + k) % 3 == 0 ? S32 : S8, ORDINARY));
        if (HasFailure()) return;
      }
    }
  }
}

TEST(GemmS8, RandomShapesAndStrides) {
  Random random(2);
  for (int i = 0; i < 150; i++) {
    const Shape s = {static_cast<int>(random.integer(1, 120)), static_cast<int>(random.integer(1, 150)),
                     static_cast<int>(random.integer(1, 400)), static_cast<int>(random.integer(0, 9)),
                     static_cast<int>(random.integer(0, 9))};
    run_differential(make_case(random, s, i % 3 == 0 ? S32 : S8, ORDINARY));
    if (HasFailure()) return;
  }
}

TEST(GemmS8, ExtremeValuesAndScales) {
  Random random(3);
  for (int i = 0; i < 60; i++) {
    const Shape s = {static_cast<int>(random.integer(1, 9)), static_cast<int>(random.integer(1, 40)),
                     static_cast<int>(random.integer(1, 300)), 0, 0};
    run_differential(make_case(random, s, i % 2 ? S32 : S8, EXTREME));
    if (HasFailure()) return;
  }
}

TEST(GemmS8, LongKAndManyRows) {
  Random random(4);
  for (const Shape s : {Shape{1, 1000, 1280, 0, 0}, Shape{7, 20, 9000, 0, 0}, Shape{700, 24, 40, 0, 0}}) {
    run_differential(make_case(random, s, S8, ORDINARY));
    run_differential(make_case(random, s, S32, ORDINARY));
  }
}

// Weights beyond a part of L2, rows that cross lines beside rows that do not.
TEST(GemmS8, StripsOfRows) {
  Random random(7);
  for (const Shape s : {Shape{70, 400, 150, 0, 0}, Shape{100, 1100, 600, 9, 3}, Shape{97, 1040, 640, 0, 0},
                        Shape{200, 390, 100, 60, 0}, Shape{300, 150, 16, 0, 0}, Shape{33, 130, 9000, 1, 0}}) {
    run_differential(make_case(random, s, S8, ORDINARY));
    run_differential(make_case(random, s, S32, ORDINARY));
  }
}

// Few tiles with a long k, and more tiles than a GPU has multiprocessors.
TEST(GemmS8, TilesOfDevices) {
  Random random(6);
  for (const Shape s : {Shape{33, 200, 2100, 0, 0}, Shape{rows_of_a_device(2100, 300), 2200, 40, 0, 8}}) {
    run_differential(make_case(random, s, S8, ORDINARY));
    run_differential(make_case(random, s, S32, ORDINARY));
  }
}

TEST(GemmS8, RefusesHostileParameters) {
  Random random(5);
  const Case good = make_case(random, {3, 4, 5, 0, 0}, S8, ORDINARY);
  auto refuse = [&](auto change) {
    GemmParams p;
    memcpy(&p, good.params.data(), sizeof p);
    change(p);
    expect_refused("gemm", params_of(p), {S8, S8, S8});
  };
  refuse([](GemmParams& p) { p.m = -1; });
  refuse([](GemmParams& p) { p.n = 0; });
  refuse([](GemmParams& p) { p.k = 0; });
  refuse([](GemmParams& p) { p.k = p.lda = 65537; });
  refuse([](GemmParams& p) { p.m = 9, p.lda = 2; });
  refuse([](GemmParams& p) { p.m = 9, p.ldc = 2; });
  refuse([](GemmParams& p) { p.a_zero_point = 128; });
  refuse([](GemmParams& p) { p.out_zero_point = -129; });
  refuse([](GemmParams& p) { p.out_min = 5, p.out_max = 4; });
  refuse([](GemmParams& p) { p.out_max = 128; });
}

}  // namespace
}  // namespace sinter
