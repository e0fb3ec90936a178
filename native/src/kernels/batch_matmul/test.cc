// batch_matmul: every row against the reference; and the reference against sums done by hand.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/batch_matmul/op.h"

namespace sinter {
namespace {

struct Shape {
  int m, n, k;
  bool transpose_a, transpose_b;
  int batch[3];
  // Bit i: dimension i of the operand is 1 and broadcasts.
  int a_broadcast, b_broadcast;
  enum Rows { DENSE, GAPS, TURNS } rows = DENSE;  // TURNS: matrices of the last dimension take turns, row by row
};

struct Steps {
  int32_t *row, *batch0, *batch1, *batch2;
};

// Steps of matrices of `lines` lines of `width`; returns the elements from the first to the last.
int64_t set_steps(const Shape& s, int broadcast, int lines, int width, const Steps& to) {
  const bool turns = s.rows == Shape::TURNS && !(broadcast >> 2 & 1);
  const int pitch = turns ? width * s.batch[2] : s.rows == Shape::DENSE ? width : width + 3;
  int32_t* steps[] = {to.batch0, to.batch1, to.batch2};
  int64_t stride = int64_t{lines} * pitch, last = int64_t{lines - 1} * pitch + width;
  for (int i = 2; i >= 0; i--) {
    const bool repeats = broadcast >> i & 1, inside = turns && i == 2;
    *steps[i] = repeats ? 0 : inside ? width : static_cast<int32_t>(stride);
    last += int64_t{s.batch[i] - 1} * *steps[i];
    if (!repeats && !inside) stride *= s.batch[i];
  }
  *to.row = s.rows == Shape::DENSE ? 0 : pitch;
  for (int batch : s.batch) last = batch == 0 ? 0 : last;
  return lines == 0 ? 0 : last;
}

struct Elements {
  int64_t a, b, c;
};

BatchMatmulParams params_for(const Shape& s, Elements* count) {
  BatchMatmulParams p = {};
  p.batch0 = s.batch[0];
  p.batch1 = s.batch[1];
  p.batch2 = s.batch[2];
  p.m = s.m;
  p.n = s.n;
  p.k = s.k;
  p.transpose_a = s.transpose_a;
  p.transpose_b = s.transpose_b;
  count->a = set_steps(s, s.a_broadcast, s.transpose_a ? s.k : s.m, s.transpose_a ? s.m : s.k,
                       {&p.a_row, &p.a_batch0, &p.a_batch1, &p.a_batch2});
  count->b = set_steps(s, s.b_broadcast, s.transpose_b ? s.n : s.k, s.transpose_b ? s.k : s.n,
                       {&p.b_row, &p.b_batch0, &p.b_batch1, &p.b_batch2});
  count->c = set_steps(s, 0, s.m, s.n, {&p.c_row, &p.c_batch0, &p.c_batch1, &p.c_batch2});
  return p;
}

std::string name_of(const char* type, const Shape& s) {
  std::string name = std::string("batch_matmul ") + type + " m" + std::to_string(s.m) + " n" + std::to_string(s.n) +
                     " k" + std::to_string(s.k) + (s.transpose_a ? " A'" : "") + (s.transpose_b ? " B'" : "");
  for (int b : s.batch) name += " x" + std::to_string(b);
  return name + " broadcast " + std::to_string(s.a_broadcast) + " " + std::to_string(s.b_broadcast) +
         (s.rows == Shape::GAPS    ? " with gaps"
          : s.rows == Shape::TURNS ? " in turns"
                                   : "");
}

Case f32_case(Random& random, const Shape& s) {
  Elements count;
  const BatchMatmulParams p = params_for(s, &count);
  Case c;
  c.name = name_of("f32", s);
  c.op = "batch_matmul";
  c.types = {F32, F32, F32};
  c.params = params_of(p);
  c.inputs = {bytes_of(random.f32(count.a, -2, 2)), bytes_of(random.f32(count.b, -1, 1))};
  c.out_bytes = 4 * count.c;
  c.tolerance = {float_bound(s.k, 2.0 * s.k)};
  return c;
}

// The same, rounded to bfloat16 on the way.
Case bf16_case(Random& random, const Shape& s) {
  Case c = f32_case(random, s);
  c.name += " bf16";
  BatchMatmulParams p;
  memcpy(&p, c.params.data(), sizeof p);
  p.bf16 = 1;
  c.params = params_of(p);
  return c;
}

Case s8_case(Random& random, const Shape& s, bool extreme) {
  Elements count;
  BatchMatmulParams p = params_for(s, &count);
  const auto zero_point = [&] {
    return static_cast<int32_t>(extreme ? random.integer(0, 1) * 255 - 128 : random.integer(-128, 127));
  };
  p.a_zero_point = zero_point();
  p.b_zero_point = random.integer(0, 1) ? 0 : zero_point();
  p.out_zero_point = zero_point();
  p.scale = extreme ? random.real(0.0f, 3.0f) : random.real(0.0005f, 0.02f) / sqrtf(static_cast<float>(s.k));
  p.out_min = random.integer(0, 3) ? -128 : static_cast<int32_t>(random.integer(-128, 0));
  p.out_max = random.integer(0, 3) ? 127 : static_cast<int32_t>(random.integer(0, 127));
  Case c;
  c.name = name_of("s8", s);
  c.op = "batch_matmul";
  c.types = {S8, S8, S8};
  c.params = params_of(p);
  c.inputs = {bytes_of(random.s8(count.a)), bytes_of(random.s8(count.b))};
  if (extreme) {
    for (Bytes& input : c.inputs) {
      for (char& v : input) v = static_cast<char>(random.integer(0, 1) * 255 - 128);
    }
  }
  c.out_bytes = count.c;
  return c;
}

TEST(BatchMatmul, SmallShapesAndTails) {
  Random random(71);
  for (int m : {1, 2, 5, 6, 7, 8, 13}) {
    for (int n : {1, 2, 3, 7, 8, 9, 15, 16, 17, 33}) {
      for (int k : {1, 2, 3, 8, 15, 16, 17}) {
        const int transpose = (m + n + k + m * n) % 4;
        const Shape s = {m, n, k, transpose % 2 != 0, transpose / 2 != 0, {1, 1, 1}, 0, 0};
        run_differential(f32_case(random, s));
        run_differential(bf16_case(random, s));
        run_differential(s8_case(random, s, false));
        if (HasFailure()) return;
      }
    }
  }
}

// Rows that take B where it stands.
TEST(BatchMatmul, FewRows) {
  Random random(75);
  for (int i = 0; i < 160; i++) {
    const auto any = [&](int low, int high) { return static_cast<int>(random.integer(low, high)); };
    const Shape s = {any(1, 3),      any(1, 200),    any(1, 300),
                     any(0, 1) != 0, any(0, 1) != 0, {1, any(1, 2), any(1, 3)},
                     any(0, 7),      any(0, 7),      static_cast<Shape::Rows>(any(0, 2))};
    run_differential(s8_case(random, s, i % 4 == 0));
    if (HasFailure()) return;
  }
}

TEST(BatchMatmul, RandomShapesAndBroadcasting) {
  Random random(72);
  for (int i = 0; i < 250; i++) {
    Shape s = {static_cast<int>(random.integer(1, i % 5 ? 20 : 150)),
               static_cast<int>(random.integer(1, i % 7 ? 40 : 200)),
               static_cast<int>(random.integer(1, i % 3 ? 40 : 130)),
               random.integer(0, 1) == 1,
               random.integer(0, 1) == 1,
               {static_cast<int>(random.integer(1, 3)), static_cast<int>(random.integer(1, 3)),
                static_cast<int>(random.integer(1, 3))},
               static_cast<int>(random.integer(0, 7)),
               static_cast<int>(random.integer(0, 7))};
    if (i % 4 == 0) s.a_broadcast = 0;
    if (i % 8 == 0) s.b_broadcast = 7;
    s.rows = i % 3 == 0 ? Shape::DENSE : i % 3 == 1 ? Shape::GAPS : Shape::TURNS;
    run_differential(f32_case(random, s));
    run_differential(bf16_case(random, s));
    run_differential(s8_case(random, s, i % 6 == 0));
    if (HasFailure()) return;
  }
}

TEST(BatchMatmul, EmptyAndLong) {
  Random random(73);
  run_differential(f32_case(random, {0, 5, 3, false, false, {2, 1, 1}, 0, 0}));
  run_differential(s8_case(random, {0, 5, 3, true, false, {2, 1, 1}, 0, 0}, false));
  run_differential(f32_case(random, {3, 5, 3, false, true, {2, 0, 1}, 0, 0}));
  run_differential(bf16_case(random, {0, 5, 3, false, false, {2, 1, 1}, 0, 0}));
  run_differential(bf16_case(random, {9, 150, 700, false, true, {1, 1, 1}, 0, 0}));
  run_differential(s8_case(random, {3, 5, 3, false, true, {2, 0, 1}, 0, 0}, false));
  // The largest k: sums of extremes reach the ends of int32.
  run_differential(s8_case(random, {2, 3, 33025, false, false, {1, 1, 1}, 0, 0}, true));
  Case c = s8_case(random, {7, 17, 33025, false, true, {1, 1, 1}, 0, 0}, true);
  BatchMatmulParams p;
  memcpy(&p, c.params.data(), sizeof p);
  p.a_zero_point = p.b_zero_point = 127;
  p.scale = 1e-7f;
  c.params = params_of(p);
  for (Bytes& input : c.inputs) memset(input.data(), -128, input.size());
  run_differential(c);
}

// NaN and infinities pass through: this op has no clamp.
TEST(BatchMatmul, NoClampInFloat) {
  Random random(74);
  Case c = f32_case(random, {3, 20, 4, false, false, {1, 1, 1}, 0, 0});
  const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f};
  memcpy(c.inputs[0].data(), odd, sizeof odd);
  memcpy(c.inputs[0].data() + 4 * sizeof(float), &odd[1], sizeof(float));
  run_differential(c);
}

// The reference against sums written out here.
TEST(BatchMatmul, ReferenceByHand) {
  Random random(75);
  const RowDef* row = find_row("batch_matmul_s8s8s8_reference");
  ASSERT_NE(row, nullptr);
  for (int transpose = 0; transpose < 4; transpose++) {
    BatchMatmulParams p = {};
    p.batch0 = p.batch1 = 1;
    p.batch2 = 2;
    p.a_batch2 = 6;  // b is broadcast
    p.m = 2;
    p.n = 2;
    p.k = 3;
    p.transpose_a = transpose % 2;
    p.transpose_b = transpose / 2;
    p.a_zero_point = 1;
    p.b_zero_point = -2;
    p.out_zero_point = 3;
    p.scale = 0.5f;
    p.out_min = -128;
    p.out_max = 127;
    const std::vector<int8_t> a = random.s8(12, -9, 9), b = random.s8(6, -9, 9);
    int8_t c[8];
    void* slots[] = {const_cast<int8_t*>(a.data()), const_cast<int8_t*>(b.data()), c};
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    row->run(&call);
    for (int l = 0; l < 2; l++) {
      for (int m = 0; m < 2; m++) {
        for (int n = 0; n < 2; n++) {
          int sum = 0;
          for (int k = 0; k < 3; k++) {
            const int left = a[static_cast<size_t>(6 * l + (p.transpose_a ? k * 2 + m : m * 3 + k))];
            const int right = b[static_cast<size_t>(p.transpose_b ? n * 3 + k : k * 2 + n)];
            sum += (left - 1) * (right + 2);
          }
          const double expected = nearbyint(sum * 0.5) + 3;
          EXPECT_EQ(c[4 * l + 2 * m + n], expected < -128 ? -128 : expected > 127 ? 127 : expected);
        }
      }
    }
  }
}

TEST(BatchMatmul, RefusesHostileParameters) {
  const auto refuse = [](void (*change)(BatchMatmulParams*), bool int8_only) {
    BatchMatmulParams p = {};
    p.batch0 = p.batch1 = p.batch2 = 1;
    p.m = p.n = p.k = 4;
    p.scale = 1;
    p.out_min = -128;
    p.out_max = 127;
    change(&p);
    expect_refused("batch_matmul", params_of(p), {S8, S8, S8});
    if (!int8_only) expect_refused("batch_matmul", params_of(p), {F32, F32, F32});
  };
  refuse([](BatchMatmulParams* p) { p->m = -1; }, false);
  refuse([](BatchMatmulParams* p) { p->n = 0; }, false);
  refuse([](BatchMatmulParams* p) { p->k = 0; }, false);
  refuse([](BatchMatmulParams* p) { p->batch1 = -1; }, false);
  refuse([](BatchMatmulParams* p) { p->a_batch0 = -1; }, false);
  refuse([](BatchMatmulParams* p) { p->b_batch2 = INT32_MIN; }, false);
  refuse([](BatchMatmulParams* p) { p->transpose_a = 2; }, false);
  refuse([](BatchMatmulParams* p) { p->transpose_b = -1; }, false);
  refuse([](BatchMatmulParams* p) { p->batch0 = p->batch1 = p->batch2 = INT32_MAX; }, false);
  refuse([](BatchMatmulParams* p) { p->batch0 = p->m = p->n = INT32_MAX; }, false);
  refuse([](BatchMatmulParams* p) { p->a_row = 3; }, false);
  refuse([](BatchMatmulParams* p) { p->b_row = -4; }, false);
  refuse([](BatchMatmulParams* p) { p->c_row = 3; }, false);
  refuse([](BatchMatmulParams* p) { p->c_batch1 = -1; }, false);
  refuse([](BatchMatmulParams* p) { p->bf16 = 2; }, false);
  refuse([](BatchMatmulParams* p) { p->bf16 = 1; }, true);
  refuse([](BatchMatmulParams* p) { p->k = 33026; }, true);
  refuse([](BatchMatmulParams* p) { p->a_zero_point = 128; }, true);
  refuse([](BatchMatmulParams* p) { p->b_zero_point = -129; }, true);
  refuse([](BatchMatmulParams* p) { p->out_zero_point = INT32_MAX; }, true);
  refuse([](BatchMatmulParams* p) { p->scale = NAN; }, true);
  refuse([](BatchMatmulParams* p) { p->scale = INFINITY; }, true);
  refuse([](BatchMatmulParams* p) { p->scale = -1; }, true);
  refuse([](BatchMatmulParams* p) { p->out_min = 5, p->out_max = 4; }, true);
  refuse([](BatchMatmulParams* p) { p->out_max = 128; }, true);
}

}  // namespace
}  // namespace sinter
