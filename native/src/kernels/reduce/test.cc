// reduce: differential tests of its rows, means worked out by hand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/reduce/op.h"

namespace sinter {
namespace {

const std::vector<DataType> s8 = {S8, S8}, u8 = {U8, U8}, f32 = {F32, F32};

void run(const std::vector<int32_t>& d, int32_t axes, const std::vector<DataType>& types, Random* random,
         int low = -128, int high = 127) {
  ReduceParams p = {};
  p.kind = random->integer(0, 2) == 0 ? REDUCE_SUM : REDUCE_MEAN;
  const int32_t lowest = types[0] == U8 ? 0 : -128;
  int64_t in = 1, out = 1;
  for (int i = 0; i < 6; i++) {
    (&p.d0)[i] = d[static_cast<size_t>(i)];
    in *= d[static_cast<size_t>(i)];
    if (!(axes >> i & 1)) out *= d[static_cast<size_t>(i)];
  }
  p.axes = axes;
  p.out_scale = expf(random->real(-5.0f, 1.0f));
  p.in_scale = p.out_scale * expf(random->real(-1.0f, 3.0f));
  p.in_zero_point = static_cast<int32_t>(random->integer(lowest, lowest + 255));
  p.out_zero_point = static_cast<int32_t>(random->integer(lowest, lowest + 255));
  Case c;
  c.name = "mean";
  c.op = "reduce";
  c.params = params_of(p);
  c.types = types;
  if (types[0] != F32) {
    c.inputs = {bytes_of(random->s8(in, low, high))};
    c.out_bytes = out;
  } else {
    c.inputs = {bytes_of(random->f32(in, -4.0f, 4.0f))};
    c.out_bytes = out * 4;
    const float count = static_cast<float>(out > 0 ? in / out : 1);
    c.tolerance = {4.0f * 1.2e-7f * (2.0f + count) * (p.kind == REDUCE_SUM ? count : 1.0f)};
  }
  run_differential(c);
}

TEST(Reduce, EveryChannelCount) {
  Random random(41);
  for (const auto& types : {s8, u8, f32}) {
    for (int32_t c = 0; c <= 150; c++) {
      run({1, 1, 1, 3, 4, c}, 0b011000, types, &random);
      if (c > 0) run({1, 1, 1, 2, 3, c}, 0b100000, types, &random);
    }
    run({1, 1, 1, 7, 7, 1280}, 0b011000, types, &random);
    run({1, 1, 1, 2, 2, 5000}, 0b110000, types, &random);
  }
}

TEST(Reduce, EverySetOfAxes) {
  Random random(42);
  for (const auto& types : {s8, u8, f32}) {
    for (int32_t axes = 0; axes < 64; axes++) {
      for (int i = 0; i < 2; i++) {
        std::vector<int32_t> d;
        for (int k = 0; k < 6; k++) d.push_back(static_cast<int32_t>(random.integer(1, k == 5 ? 20 : 3)));
        run(d, axes, types, &random);
      }
    }
  }
}

// Where 16-bit sums would overflow: many rows of extreme values.
TEST(Reduce, ManyRows) {
  Random random(43);
  for (int32_t rows : {254, 255, 256, 257, 511, 3000}) {
    for (int32_t c : {5, 16, 64, 70, 129}) {
      run({1, 1, 2, 1, rows, c}, 0b010000, s8, &random, -128, -127);
      run({1, 1, 1, 2, rows, c}, 0b011000, s8, &random, 127, 127);
      run({1, 1, 1, 2, rows, c}, 0b011000, u8, &random, -1, -1);  // 255
      run({1, 1, 1, 2, c, rows}, 0b110000, u8, &random, -2, -1);
      run({1, rows, 2, 2, 1, c}, 0b001010, s8, &random, -128, -126);
    }
  }
}

TEST(Reduce, WorkedOutByHand) {
  ReduceParams p = {REDUCE_MEAN, 1, 1, 1, 1, 2, 3, 0b010000, 1.0f, 0, 1.0f, 0};
  std::vector<int8_t> in = {1, 2, -3, 2, 6, -4}, out(3);
  void* slots[] = {in.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  find_row("reduce_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{2, 4, -4}));  // 1.5, 4, -3.5: halves to even
  p.in_scale = 2.0f;
  p.in_zero_point = 1;
  p.out_zero_point = -10;
  find_row("reduce_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{-9, -4, -19}));  // 2 (mean - 1) - 10
}

TEST(Reduce, RefusesHostileParameters) {
  const ReduceParams good = {REDUCE_MEAN, 1, 1, 1, 1, 2, 3, 0b010000, 1.0f, 0, 1.0f, 0};
  for (const auto& types : {s8, f32}) {
    const auto refused = [&](auto change) {
      ReduceParams p = good;
      change(&p);
      expect_refused("reduce", params_of(p), types);
    };
    refused([](ReduceParams* p) { p->kind = 3; });
    refused([](ReduceParams* p) { p->axes = 64; });
    refused([](ReduceParams* p) { p->axes = -1; });
    refused([](ReduceParams* p) { p->d3 = -2; });
    refused([](ReduceParams* p) { p->d4 = 0; });  // the mean of nothing
    refused([](ReduceParams* p) { p->d4 = 1 << 24; });
    refused([](ReduceParams* p) { p->d0 = p->d1 = p->d2 = 0x7fffffff; });
  }
  for (const float scale : {0.0f, -1.0f, NAN, INFINITY, 1e-42f}) {
    ReduceParams p = good;
    p.in_scale = scale;
    expect_refused("reduce", params_of(p), s8);
    p = good;
    p.out_scale = scale;
    expect_refused("reduce", params_of(p), s8);
  }
  ReduceParams p = good;
  p.out_zero_point = 128;
  expect_refused("reduce", params_of(p), s8);
}

}  // namespace
}  // namespace sinter
