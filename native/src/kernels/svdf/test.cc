// svdf: some runs in a row against the definition, computed from the inputs of all of them.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/svdf/op.h"

namespace sinter {
namespace {

template <class T>
std::vector<T> values_of(const Bytes& bytes, size_t from, size_t count) {
  std::vector<T> values(count);
  memcpy(values.data(), bytes.data() + from, count * sizeof(T));
  return values;
}

SvdfParams shape_of(Random* random) {
  SvdfParams p = {};
  p.batch = static_cast<int32_t>(random->integer(1, 3));
  p.units = static_cast<int32_t>(random->integer(1, 9));
  p.rank = static_cast<int32_t>(random->integer(1, 3));
  p.memory = static_cast<int32_t>(random->integer(1, 7));
  p.has_bias = static_cast<int32_t>(random->integer(0, 1));
  return p;
}

TEST(Svdf, FloatsOverSeveralRuns) {
  for (uint64_t seed = 0; seed < 40; seed++) {
    Random random(seed);
    SvdfParams p = shape_of(&random);
    p.activation = static_cast<int32_t>(seed % 4);
    const int64_t filters = int64_t{p.units} * p.rank, count = p.batch * filters;
    const auto time = random.f32(filters * p.memory, -1, 1), bias = random.f32(p.units, -1, 1);
    std::vector<std::vector<float>> seen(static_cast<size_t>(p.memory), std::vector<float>(static_cast<size_t>(count)));
    std::vector<float> state(static_cast<size_t>(count * p.memory));
    for (int run = 0; run < 5; run++) {
      seen.push_back(random.f32(count, -1, 1));
      Case c;
      c.name = "svdf f32 seed " + std::to_string(seed);
      c.op = "svdf";
      c.params = params_of(p);
      c.types = {F32, F32, F32, F32, F32, F32};
      c.inputs = {bytes_of(seen.back()), bytes_of(state), bytes_of(time), p.has_bias ? bytes_of(bias) : Bytes()};
      c.out_bytes_of = {count * p.memory * 4, int64_t{p.batch} * p.units * 4};
      const Bytes result = run_reference(c);
      state = values_of<float>(result, 0, state.size());
      const auto out = values_of<float>(result, state.size() * 4, static_cast<size_t>(p.batch * p.units));
      for (int64_t b = 0; b < p.batch; b++) {
        for (int64_t u = 0; u < p.units; u++) {
          double sum = p.has_bias ? bias[static_cast<size_t>(u)] : 0;
          for (int64_t r = 0; r < p.rank; r++) {
            for (int64_t i = 0; i < p.memory; i++) {
              const int64_t f = u * p.rank + r;
              const auto& then = seen[seen.size() - static_cast<size_t>(p.memory - i)];
              sum += double{then[static_cast<size_t>(b * filters + f)]} *
                     double{time[static_cast<size_t>(f * p.memory + i)]};
            }
          }
          if (p.activation == 1) sum = fmax(sum, 0);
          if (p.activation == 2) sum = fmin(fmax(sum, -1), 1);
          if (p.activation == 3) sum = fmin(fmax(sum, 0), 6);
          ASSERT_NEAR(out[static_cast<size_t>(b * p.units + u)], sum, 1e-5) << c.name << " run " << run;
        }
      }
    }
  }
}

TEST(Svdf, IntegersOfOneRun) {
  for (uint64_t seed = 0; seed < 60; seed++) {
    Random random(seed);
    SvdfParams p = shape_of(&random);
    const FixedFactor feature = fixed_factor(0.01 * random.real(1, 9)), time = fixed_factor(1e-5 * random.real(1, 9));
    p.feature_mantissa = feature.mantissa;
    p.feature_shift = feature.shift;
    p.time_mantissa = time.mantissa;
    p.time_shift = time.shift;
    p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
    const int64_t filters = int64_t{p.units} * p.rank, count = p.batch * filters;
    const auto x = random.s32(count, -900000, 900000), bias = random.s32(p.units, -100000, 100000);
    std::vector<int16_t> state(static_cast<size_t>(count * p.memory)), weights(static_cast<size_t>(filters * p.memory));
    for (auto& v : state) v = static_cast<int16_t>(random.integer(-9000, 9000));
    for (auto& v : weights) v = static_cast<int16_t>(random.integer(-900, 900));
    Case c;
    c.name = "svdf s8 seed " + std::to_string(seed);
    c.op = "svdf";
    c.params = params_of(p);
    c.types = {S32, S16, S16, S32, S16, S8};
    c.inputs = {bytes_of(x), bytes_of(state), bytes_of(weights), p.has_bias ? bytes_of(bias) : Bytes()};
    c.out_bytes_of = {count * p.memory * 2, int64_t{p.batch} * p.units};
    const Bytes result = run_reference(c);
    const auto after = values_of<int16_t>(result, 0, state.size());
    for (int64_t i = 0; i < count; i++) {
      for (int64_t k = 0; k < p.memory; k++) {
        const size_t at = static_cast<size_t>(i * p.memory + k);
        int32_t expected = k + 1 < p.memory ? state[at + 1] : fixed_multiply(x[static_cast<size_t>(i)], feature);
        expected = expected < -32768 ? -32768 : expected > 32767 ? 32767 : expected;
        ASSERT_EQ(after[at], expected) << c.name;
      }
    }
    for (int64_t b = 0; b < p.batch; b++) {
      for (int64_t u = 0; u < p.units; u++) {
        int32_t sum = p.has_bias ? bias[static_cast<size_t>(u)] : 0;
        for (int64_t i = 0; i < p.rank * p.memory; i++) {
          sum += after[static_cast<size_t>((b * filters + u * p.rank) * p.memory + i)] *
                 weights[static_cast<size_t>(u * p.rank * p.memory + i)];
        }
        int32_t y = fixed_multiply(sum, time) + p.out_zero_point;
        y = y < -128 ? -128 : y > 127 ? 127 : y;
        ASSERT_EQ(static_cast<int8_t>(result[state.size() * 2 + static_cast<size_t>(b * p.units + u)]), y) << c.name;
      }
    }
  }
}

// A memory of 8 bits is one of 16 bits whose values stay within 8; it may have a zero point.
TEST(Svdf, MemoryOfEightBits) {
  for (uint64_t seed = 0; seed < 40; seed++) {
    Random random(seed);
    SvdfParams p = shape_of(&random);
    const FixedFactor feature = fixed_factor(0.01), time = fixed_factor(0.003 * random.real(1, 9));
    p.feature_mantissa = feature.mantissa;
    p.feature_shift = feature.shift;
    p.time_mantissa = time.mantissa;
    p.time_shift = time.shift;
    p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
    const int64_t filters = int64_t{p.units} * p.rank, count = p.batch * filters;
    const auto x = random.s32(count, -12600, 12600), bias = random.s32(p.units, -9000, 9000);
    const auto weights = random.s8(filters * p.memory);
    auto state = random.s8(count * p.memory);
    for (auto& v : state) v = v == 127 || v == -128 ? 0 : v;
    const auto wide = [](const std::vector<int8_t>& of) {
      return bytes_of(std::vector<int16_t>(of.begin(), of.end()));
    };
    SvdfParams moved = p;
    moved.state_zero_point = static_cast<int32_t>(seed % 3) - 1;
    std::vector<int8_t> stored = state;
    for (auto& v : stored) v = static_cast<int8_t>(v + moved.state_zero_point);
    Case c;
    c.name = "svdf s8 s8 seed " + std::to_string(seed);
    c.op = "svdf";
    c.params = params_of(p);
    c.types = {S32, S8, S8, S32, S8, S8};
    c.inputs = {bytes_of(x), bytes_of(stored), bytes_of(weights), p.has_bias ? bytes_of(bias) : Bytes()};
    c.out_bytes_of = {count * p.memory, int64_t{p.batch} * p.units};
    Case same = c;
    c.params = params_of(moved);
    same.types = {S32, S16, S16, S32, S16, S8};
    same.inputs = {bytes_of(x), wide(state), wide(weights), c.inputs[3]};
    same.out_bytes_of[0] *= 2;
    const Bytes small = run_reference(c), large = run_reference(same);
    const size_t kept = state.size();
    const auto after = values_of<int16_t>(large, 0, kept);
    for (size_t k = 0; k < kept; k++)
      ASSERT_EQ(static_cast<int8_t>(small[k]) - moved.state_zero_point, after[k]) << c.name;
    ASSERT_EQ(Bytes(small.begin() + static_cast<long>(kept), small.end()),
              Bytes(large.begin() + static_cast<long>(2 * kept), large.end()))
        << c.name;
  }
}

TEST(Svdf, MemoryOfEightBitsBoundsThenMoves) {
  SvdfParams p = {};
  p.batch = p.units = p.rank = p.memory = 1;
  const FixedFactor one = fixed_factor(1.0);
  p.feature_mantissa = p.time_mantissa = one.mantissa;
  p.feature_shift = p.time_shift = one.shift;
  for (int32_t zero_point : {0, 3, -3}) {
    p.state_zero_point = zero_point;
    for (int32_t x : {1000, -1000, 50}) {
      Case c;
      c.name = "svdf s8 s8 bounds";
      c.op = "svdf";
      c.params = params_of(p);
      c.types = {S32, S8, S8, S32, S8, S8};
      c.inputs = {bytes_of(std::vector<int32_t>{x}), bytes_of(std::vector<int8_t>{0}), bytes_of(std::vector<int8_t>{1}),
                  Bytes()};
      c.out_bytes_of = {1, 1};
      const int32_t bounded = x > 127 ? 127 : x < -128 ? -128 : x;
      const auto kept = static_cast<int8_t>(bounded + zero_point);
      const Bytes result = run_reference(c);
      EXPECT_EQ(static_cast<int8_t>(result[0]), kept) << x << " zero point " << zero_point;
      const int32_t sum = kept - zero_point;
      EXPECT_EQ(static_cast<int8_t>(result[1]), sum > 127 ? 127 : sum < -128 ? -128 : sum);
    }
  }
}

TEST(Svdf, RefusesHostileParameters) {
  const std::vector<DataType> s8 = {S32, S16, S16, S32, S16, S8};
  const auto refused = [&](void (*change)(SvdfParams*)) {
    SvdfParams p = {};
    p.batch = p.units = p.rank = p.memory = 2;
    change(&p);
    expect_refused("svdf", params_of(p), s8);
  };
  refused([](SvdfParams* p) { p->batch = -1; });
  refused([](SvdfParams* p) { p->units = 0; });
  refused([](SvdfParams* p) { p->rank = 0; });
  refused([](SvdfParams* p) { p->memory = 0; });
  refused([](SvdfParams* p) { p->has_bias = 2; });
  refused([](SvdfParams* p) { p->activation = 5; });
  refused([](SvdfParams* p) { p->feature_shift = 31; });
  refused([](SvdfParams* p) { p->time_mantissa = -1; });
  refused([](SvdfParams* p) { p->out_zero_point = 200; });
  refused([](SvdfParams* p) { p->batch = p->units = p->rank = p->memory = INT32_MAX; });
}

}  // namespace
}  // namespace sinter
