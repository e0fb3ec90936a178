// reduce of 16, 32 and 64 bits and products of quantized numbers, against sums written down here.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/reduce/op.h"

namespace sinter {
namespace {

// Inputs of each output, in the order of memory.
template <class T>
std::vector<std::vector<T>> groups(const ReduceParams& p, const std::vector<T>& in) {
  int64_t count = 1;
  for (int k = 0; k < 6; k++) count *= p.axes >> k & 1 ? 1 : (&p.d0)[k];
  std::vector<std::vector<T>> out(static_cast<size_t>(count));
  for (size_t i = 0; i < in.size(); i++) {
    int64_t rest = static_cast<int64_t>(i), index = 0, step = 1;
    for (int k = 5; k >= 0; k--) {
      if (!(p.axes >> k & 1)) {
        index += rest % (&p.d0)[k] * step;
        step *= (&p.d0)[k];
      }
      rest /= (&p.d0)[k];
    }
    out[static_cast<size_t>(index)].push_back(in[i]);
  }
  return out;
}

ReduceParams random_params(Random* random, int32_t kind, int64_t* count) {
  ReduceParams p = {};
  p.kind = kind;
  *count = 1;
  for (int k = 0; k < 6; k++) {
    (&p.d0)[k] = static_cast<int32_t>(random->integer(1, k == 5 ? 90 : 3));
    *count *= (&p.d0)[k];
  }
  p.axes = static_cast<int32_t>(random->integer(0, 63));
  p.in_scale = 0.03f;
  p.out_scale = 0.05f;
  return p;
}

template <class T>
std::vector<T> run(const char* name, const ReduceParams& p, std::vector<T> in, size_t outputs) {
  const RowDef* row = find_row(name);
  int64_t needed[MAX_SLOTS];
  EXPECT_EQ(row->op->check(&p, row, needed), SINTER_OK) << name;
  std::vector<T> out(outputs);
  EXPECT_EQ(needed[REDUCE_OUT], static_cast<int64_t>(outputs * sizeof(T)));
  void* slots[] = {in.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  row->run(&call);
  Case c;
  c.name = std::string("reduce ") + row->numerics;
  c.op = "reduce";
  c.params = params_of(p);
  c.types = {row->types[REDUCE_IN], row->types[REDUCE_OUT]};
  c.inputs = {bytes_of(in)};
  c.out_bytes = needed[REDUCE_OUT];
  run_differential(c);
  return out;
}

template <class T>
void test_mean(const char* name) {
  Random random(5);
  for (int trial = 0; trial < 100; trial++) {
    int64_t count;
    const ReduceParams p = random_params(&random, REDUCE_MEAN, &count);
    std::vector<T> in(static_cast<size_t>(count));
    for (T& x : in) x = static_cast<T>(random.integer(-30000, 30000));
    const auto parts = groups(p, in);
    const std::vector<T> out = run(name, p, in, parts.size());
    for (size_t i = 0; i < out.size(); i++) {
      int64_t sum = 0;
      for (T x : parts[i]) sum += x;
      if (sizeof(T) > 2) {
        ASSERT_EQ(out[i], static_cast<T>(sum / static_cast<int64_t>(parts[i].size()))) << name;
      } else {
        ASSERT_NEAR(out[i], 0.6 * static_cast<double>(sum) / static_cast<double>(parts[i].size()), 0.76) << name;
      }
    }
  }
}

TEST(ReduceIntegers, Means) {
  test_mean<int16_t>("reduce_s16s16_reference");
  test_mean<int32_t>("reduce_s32s32_reference");
  test_mean<int64_t>("reduce_s64s64_reference");
}

TEST(ReduceIntegers, Sums) {
  Random random(6);
  for (int trial = 0; trial < 100; trial++) {
    int64_t count;
    const ReduceParams p = random_params(&random, REDUCE_SUM, &count);
    std::vector<int16_t> in(static_cast<size_t>(count));
    for (int16_t& x : in) x = static_cast<int16_t>(random.integer(-300, 300));
    const auto parts = groups(p, in);
    const std::vector<int16_t> out = run("reduce_s16s16_reference", p, in, parts.size());
    for (size_t i = 0; i < out.size(); i++) {
      int64_t sum = 0;
      for (int16_t x : parts[i]) sum += x;
      ASSERT_NEAR(out[i], fmin(fmax(0.6 * static_cast<double>(sum), -32768), 32767), 0.51);
    }
  }
}

// Small products, whose rescaled steps stay near the real ones.
template <class T>
void test_product(const char* name) {
  Random random(7);
  for (int trial = 0; trial < 200; trial++) {
    int64_t count;
    ReduceParams p = random_params(&random, REDUCE_PRODUCT, &count);
    p.d5 = static_cast<int32_t>(random.integer(1, 70));
    p.axes = 0b001000;
    count = int64_t{p.d0} * p.d1 * p.d2 * p.d3 * p.d4 * p.d5;
    p.in_scale = p.out_scale = 0.1f;
    std::vector<T> in(static_cast<size_t>(count));
    for (T& x : in) x = static_cast<T>(random.integer(-40, 40));
    const auto parts = groups(p, in);
    const std::vector<T> out = run(name, p, in, parts.size());
    const double high = sizeof(T) == 1 ? 127 : 32767;
    for (size_t i = 0; i < out.size(); i++) {
      double product = 1;
      for (T x : parts[i]) product *= 0.1 * static_cast<double>(x);
      const double exact = parts[i].size() == 1 ? static_cast<double>(parts[i][0]) : product / 0.1;
      ASSERT_NEAR(out[i], fmin(fmax(exact, -high - 1), high), 3 + 0.02 * fabs(exact)) << name;
    }
  }
}

TEST(ReduceIntegers, Products) {
  test_product<int8_t>("reduce_s8s8_reference");
  test_product<int16_t>("reduce_s16s16_reference");
}

TEST(ReduceIntegers, RefusesHostileParameters) {
  ReduceParams p = {REDUCE_PRODUCT, 1, 1, 1, 1, 2, 3, 0b010000, 1.0f, 0, 1.0f, 0};
  expect_refused("reduce", params_of(p), {S32, S32});
  expect_refused("reduce", params_of(p), {U8, U8});
  p.in_scale = 1e30f;
  expect_refused("reduce", params_of(p), {S16, S16});
  p.kind = REDUCE_MEAN;
  p.in_scale = 1.0f;
  p.in_zero_point = 1;
  expect_refused("reduce", params_of(p), {S16, S16});
}

}  // namespace
}  // namespace sinter
