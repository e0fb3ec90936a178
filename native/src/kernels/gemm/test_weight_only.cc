// gemm of floats by weights of int8, int4 and half precision: rows against the plain ones within a bound that grows
// with k, exact where sums are whole numbers; plain rows by hand.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/half.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

struct Shape {
  int m, n, k, extra, block;
};

// Whole: activations are whole numbers and scales powers of two, so that every sum is exact and rows must agree to the
// bit. Else activations and halves are within 1, scales below 0.02.
Case make_case(Random& random, DataType type, int dynamic, const Shape& s, bool whole) {
  GemmParams p = {};
  p.m = s.m;
  p.n = s.n;
  p.k = s.k;
  p.lda = s.k + s.extra;
  p.ldc = s.n + s.extra;
  p.block = s.block;
  p.dynamic = dynamic;
  p.act_min = s.k % 2 ? 0.0f : -INFINITY;
  p.act_max = s.k % 3 ? INFINITY : 6.0f;
  Case c;
  c.name = "type " + std::to_string(type) + " mode " + std::to_string(dynamic) + " m" + std::to_string(s.m) + " n" +
           std::to_string(s.n) + " k" + std::to_string(s.k) + " block " + std::to_string(s.block);
  c.op = "gemm";
  c.types = {F32, type, F32};
  c.params = params_of(p);
  const int64_t weights = int64_t{s.n} * s.k, scales = s.block ? weights / s.block : s.n;
  const double largest = type == F16 ? 1 : (type == S4 ? 8 : 128) * 0.02;
  std::vector<uint16_t> halves(static_cast<size_t>(type == F16 ? weights : scales));
  for (auto& v : halves) {
    if (type == F16 && whole) {  // -2 .. 2 in steps of 1/2
      const uint16_t some[] = {0, 0x3800, 0x3c00, 0x3e00, 0x4000, 0xb800, 0xbc00, 0x8000};
      v = some[random.integer(0, 7)];
    } else if (type == F16) {
      v = static_cast<uint16_t>(random.integer(0, 0x3c00) | random.integer(0, 1) << 15);
    } else {
      v = static_cast<uint16_t>(whole ? random.integer(3, 12) << 10 : random.integer(0, 0x2500));
    }
  }
  Bytes scale;
  if (type != F16 && s.block) {
    scale = bytes_of(halves);
  } else if (type != F16) {
    std::vector<float> values = random.f32(scales, -0.02f, 0.02f);
    if (whole) {
      for (float& v : values) v = ldexpf(1.0f, -static_cast<int>(random.integer(1, 8)));
    }
    scale = bytes_of(values);
  }
  c.sources = {type == F16  ? bytes_of(halves)
               : type == S4 ? bytes_of(random.s8((weights + 1) / 2))
                            : bytes_of(random.s8(weights)),
               random.integer(0, 2) ? float_values(random, s.n, whole) : Bytes(), scale};
  c.inputs = {float_values(random, s.m == 0 ? 0 : int64_t{s.m - 1} * p.lda + s.k, whole)};
  c.out_bytes = s.m == 0 ? 0 : 4 * (int64_t{s.m - 1} * p.ldc + s.n);
  c.tolerance = {whole ? 0.0f : float_bound(s.k + 4, largest * s.k + 1)};
  return c;
}

struct Kind {
  DataType type;
  int dynamic;
};
const Kind kinds[] = {{S8, WEIGHT_ONLY}, {S8, WEIGHT_ONLY_BF16}, {S4, WEIGHT_ONLY}, {F16, 0}};

TEST(GemmWeightOnly, ShapesAndTails) {
  Random random(151);
  for (const Kind& kind : kinds) {
    for (int m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20}) {
      for (int n : {1, 15, 16, 17, 40, 63, 64, 65, 130}) {
        for (int k : {1, 2, 7, 8, 9, 31, 64}) {
          run_differential(make_case(random, kind.type, kind.dynamic, {m, n, k, k % 2, 0}, (m + n + k) % 2));
          if (HasFailure()) return;
        }
      }
    }
    for (const Shape& s :
         {Shape{1, 257, 2048, 0, 0}, {90, 70, 1500, 4, 0}, {400, 33, 301, 0, 0}, {3, 17, 70001, 0, 0}}) {
      run_differential(make_case(random, kind.type, kind.dynamic, s, s.k < 2000));
      if (HasFailure()) return;
    }
  }
}

TEST(GemmWeightOnly, BlocksOfK) {
  Random random(152);
  for (int m : {1, 2, 3, 6, 7, 20}) {
    for (int n : {1, 16, 17, 48, 64, 65, 130}) {
      for (int block : {8, 24, 32, 64, 128, 256, 512}) {
        run_differential(make_case(random, S4, WEIGHT_ONLY, {m, n, block * (1 + m % 3), n % 2, block}, (m + n) % 2));
        if (HasFailure()) return;
      }
    }
  }
  run_differential(make_case(random, S4, WEIGHT_ONLY, {90, 70, 1536, 4, 32}, true));
  run_differential(make_case(random, S4, WEIGHT_ONLY, {4, 20, 60, 0, 20}, false));
}

// Activations of all magnitudes: what rows that work on digits keep aside, need more digits for, or leave to floats.
// The bound is that of each sum.
TEST(GemmWeightOnly, ActivationsOfAllMagnitudes) {
  Random random(154);
  // MIXED: each row of another kind, so that neighbours need different digits, or none.
  enum Kinds { ZEROS, SOME_SMALL, MANY_SMALL, PRODUCTS, ONE_LARGE, TINY, HUGE_ONES, SPREAD, MIXED, KINDS };
  for (int of_all = 0; of_all < KINDS; of_all++) {
    for (const Shape& s : {Shape{1, 70, 2500, 0, 0},
                           {2, 130, 600, 4, 0},
                           {3, 64, 96, 0, 32},
                           {1, 64, 640, 0, 128},
                           {4, 33, 4100, 0, 0},
                           {7, 80, 768, 0, 64},
                           {11, 66, 640, 4, 80},
                           {21, 64, 1024, 0, 0},
                           {25, 64, 128, 0, 0},
                           {61, 48, 256, 0, 64}}) {
      Case c = make_case(random, S4, WEIGHT_ONLY, s, false);
      std::vector<float> x(c.inputs[0].size() / 4);
      for (size_t i = 0; i < x.size(); i++) {
        float& v = x[i];
        const int kind = of_all == MIXED ? static_cast<int>(i) / (s.k + s.extra) / 5 % MIXED : of_all;
        v = random.real(-1, 1);
        if (kind == ZEROS) v = random.integer(0, 3) ? 0 : v;
        if (kind == SOME_SMALL && random.integer(0, 29) == 0) v = ldexpf(v, -static_cast<int>(random.integer(10, 60)));
        if (kind == MANY_SMALL && random.integer(0, 2) == 0) v = ldexpf(v, -static_cast<int>(random.integer(10, 60)));
        if (kind == PRODUCTS) v *= random.real(-1, 1) * random.real(-1, 1);
        if (kind == ONE_LARGE && random.integer(0, 499) == 0) v *= 500;
        if (kind == TINY) v = ldexpf(v, -80);
        if (kind == HUGE_ONES) v = ldexpf(v, 30);
        if (kind == SPREAD) v = ldexpf(v, -static_cast<int>(random.integer(0, 40)));
      }
      c.inputs[0] = bytes_of(x);
      c.tolerance.assign(static_cast<size_t>(c.out_bytes / 4), 0.0f);
      const auto real = [](const Bytes& bytes, int64_t index) {
        float f = 0;
        if (!bytes.empty()) memcpy(&f, &bytes[static_cast<size_t>(index) * 4], 4);
        return f;
      };
      for (int i = 0; i < s.m; i++) {
        for (int j = 0; j < s.n; j++) {
          double magnitude = fabs(static_cast<double>(real(c.sources[1], j)));
          for (int k = 0; k < s.k; k++) {
            const int64_t at = int64_t{j} * s.k + k;
            const double scale =
                static_cast<double>(s.block ? half_at(c.sources[2].data(), at / s.block) : real(c.sources[2], j));
            const int byte = c.sources[0][static_cast<size_t>(at / 2)];
            const int q = ((at % 2 ? byte >> 4 & 15 : byte & 15) ^ 8) - 8;
            magnitude += fabs(static_cast<double>(x[static_cast<size_t>(i * (s.k + s.extra) + k)]) * scale * q);
          }
          c.tolerance[static_cast<size_t>(i * (s.n + s.extra) + j)] = float_bound(s.k + 4, magnitude);
        }
      }
      run_differential(c);
      if (HasFailure()) return;
    }
  }
}

// What is no number, or infinite, goes through sums as the plain row has it.
TEST(GemmWeightOnly, NoNumbers) {
  Random random(155);
  for (const float value : {INFINITY, NAN}) {
    for (int m : {1, 4}) {
      Case c = make_case(random, S4, WEIGHT_ONLY, {m, 48, 200, 0, 0}, true);
      GemmParams p;
      memcpy(&p, c.params.data(), sizeof p);
      p.act_min = -INFINITY, p.act_max = INFINITY;
      c.params = params_of(p);
      memcpy(&c.inputs[0][4 * 37], &value, 4);
      run_differential(c);
    }
  }
}

TEST(GemmWeightOnly, PlainRowsByHand) {
  Random random(153);
  for (const Kind& kind : kinds) {
    for (int block : {0, 8}) {
      if (block && kind.type != S4) continue;
      const int m = 3, n = 19, k = 40;
      const Case c = make_case(random, kind.type, kind.dynamic, {m, n, k, 1, block}, false);
      const Bytes out = run_reference(c);
      const auto real = [](const Bytes& bytes, int index) {
        float f = 0;
        if (!bytes.empty()) memcpy(&f, &bytes[static_cast<size_t>(index) * 4], 4);
        return f;
      };
      const auto weight = [&](int at) {
        if (kind.type == F16) return static_cast<double>(half_at(c.sources[0].data(), at));
        const int row = at / k;
        const double scale =
            static_cast<double>(block ? half_at(c.sources[2].data(), at / block) : real(c.sources[2], row));
        if (kind.type == S8) return scale * static_cast<int8_t>(c.sources[0][static_cast<size_t>(at)]);
        const int byte = c.sources[0][static_cast<size_t>(at / 2)];
        return scale * ((at % 2 ? byte >> 4 & 15 : byte & 15) ^ 8) - scale * 8;
      };
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          double sum = static_cast<double>(real(c.sources[1], j)), magnitude = fabs(sum);
          for (int x = 0; x < k; x++) {
            const float a = real(c.inputs[0], i * (k + 1) + x);
            const double used = static_cast<double>(kind.dynamic == WEIGHT_ONLY_BF16 ? bf16_rounded(a) : a);
            sum += used * weight(j * k + x);
            magnitude += fabs(used * weight(j * k + x));
          }
          EXPECT_NEAR(real(out, i * (n + 1) + j), sum, float_bound(k + 4, magnitude));
        }
      }
    }
  }
}

TEST(GemmWeightOnly, RefusesHostileParametersAndSources) {
  GemmParams p = {};
  p.m = p.n = p.ldc = 4;
  p.k = p.lda = 8;
  p.act_max = 1;
  p.dynamic = WEIGHT_ONLY;
  for (const DataType type : {F16, F32}) expect_refused("gemm", params_of(p), {F32, type, F32});
  p.block = 3;
  expect_refused("gemm", params_of(p), {F32, S4, F32});
  p.block = 0;
  p.act_min = NAN;
  expect_refused("gemm", params_of(p), {F32, S8, F32});
  const std::vector<char> w(64), bias(16), scale(16);
  const struct {
    const char* row;
    int64_t weights, scale;
  } forms[] = {{"gemm_weight_only_s8_avx2", 32, 16},
               {"gemm_f32f16f32_avx2", 64, 0},
               {"gemm_f32f16f32_reference", 64, 0},
               {"gemm_f32f16f32_avx2_wide", 64, 0}};
  for (const auto& form : forms) {
    const RowDef* row = find_row(form.row);
    const Source sources[] = {
        {w.data(), form.weights}, {bias.data(), 16}, {form.scale ? scale.data() : nullptr, form.scale}};
    EXPECT_GT(row->packing->bytes(&p, sources), 0);
    for (size_t i = 0; i < 3; i++) {
      Source wrong[] = {sources[0], sources[1], sources[2]};
      wrong[i].bytes += 1;
      EXPECT_EQ(row->packing->bytes(&p, wrong), -1);
    }
  }
}

}  // namespace
}  // namespace sinter
