// rnn: every row against the reference, and the reference against a loop of plain sums.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/lstm/op.h"
#include "kernels/rnn/op.h"

namespace sinter {
namespace {

const std::vector<DataType> f32_types = {F32, F32, F32, F32, F32}, hybrid_types = {F32, F32, S8, F32, F32};

RnnParams shape_of(Random* random) {
  const auto any = [&](int low, int high) { return static_cast<int32_t>(random->integer(low, high)); };
  RnnParams p = {};
  p.steps = any(1, 6);
  p.batch = any(1, 4);
  p.units = any(1, 40);
  p.time_major = any(0, 1);
  p.backward = any(0, 1);
  // Without a bound, growth makes of rounding what it likes.
  p.activation = any(0, 1) ? LSTM_TANH : LSTM_RELU_N1_TO_1;
  return p;
}

Case case_of(const RnnParams& p, uint64_t seed) {
  Random random(seed + 77);
  const float size = 1.0f / sqrtf(static_cast<float>(p.units));
  Case c;
  c.name = "rnn steps " + std::to_string(p.steps) + " batch " + std::to_string(p.batch) + " units " +
           std::to_string(p.units) + " seed " + std::to_string(seed);
  c.op = "rnn";
  c.params = params_of(p);
  c.types = f32_types;
  c.sources = {bytes_of(random.f32(int64_t{p.units} * p.units, -size, size)), Bytes()};
  c.inputs = {bytes_of(random.f32(int64_t{p.steps} * p.batch * p.units, -1, 1)),
              bytes_of(random.f32(int64_t{p.batch} * p.units, -1, 1))};
  c.out_bytes_of = {int64_t{4} * p.batch * p.units, int64_t{4} * p.steps * p.batch * p.units};
  c.tolerance = {4e-6f * static_cast<float>(1 + p.steps)};
  return c;
}

TEST(Rnn, RowsAndPlainSums) {
  for (uint64_t seed = 0; seed < 60; seed++) {
    Random random(seed);
    const RnnParams p = shape_of(&random);
    const Case c = case_of(p, seed);
    run_differential(c);
    const size_t units = static_cast<size_t>(p.units), batch = static_cast<size_t>(p.batch);
    const auto floats = [](const Bytes& b) {
      std::vector<float> v(b.size() / 4);
      memcpy(v.data(), b.data(), b.size());
      return v;
    };
    const auto w = floats(c.sources[0]), x = floats(c.inputs[0]), got = floats(run_reference(c));
    const auto start = floats(c.inputs[1]);
    std::vector<double> h(start.begin(), start.end());
    for (int32_t step = 0; step < p.steps; step++) {
      const size_t t = static_cast<size_t>(p.backward ? p.steps - 1 - step : step);
      std::vector<double> next(h.size());
      for (size_t b = 0; b < batch; b++) {
        const size_t row = p.time_major ? t * batch + b : b * static_cast<size_t>(p.steps) + t;
        for (size_t u = 0; u < units; u++) {
          double sum = double{x[row * units + u]};
          for (size_t i = 0; i < units; i++) sum += double{w[u * units + i]} * h[b * units + i];
          next[b * units + u] = p.activation == LSTM_TANH ? tanh(sum) : fmin(fmax(sum, -1), 1);
          ASSERT_NEAR(got[batch * units + row * units + u], next[b * units + u], 2e-5) << c.name << " step " << step;
        }
      }
      h = next;
    }
    for (size_t i = 0; i < h.size(); i++) ASSERT_NEAR(got[i], h[i], 2e-5) << c.name;
  }
}

TEST(Rnn, HybridRowsAreEqual) {
  for (uint64_t seed = 0; seed < 60; seed++) {
    Random random(seed);
    RnnParams p = shape_of(&random);
    p.dynamic = static_cast<int32_t>(random.integer(DYNAMIC_SYMMETRIC_FOLDED, DYNAMIC_ASYMMETRIC_FOLDED));
    Case c = case_of(p, seed);
    c.types = hybrid_types;
    const float size = 0.02f / sqrtf(static_cast<float>(p.units));
    c.sources = {bytes_of(random.s8(int64_t{p.units} * p.units)), bytes_of(random.f32(p.units, size / 2, size))};
    c.tolerance = {0.0f};
    run_differential(c);
  }
}

TEST(Rnn, RefusesHostileParameters) {
  const auto refused = [](void (*change)(RnnParams*)) {
    RnnParams p = {};
    p.steps = p.batch = 2;
    p.units = 8;
    change(&p);
    expect_refused("rnn", params_of(p), f32_types);
  };
  refused([](RnnParams* p) { p->steps = -1; });
  refused([](RnnParams* p) { p->batch = -1; });
  refused([](RnnParams* p) { p->units = 0; });
  refused([](RnnParams* p) { p->units = 65537; });
  refused([](RnnParams* p) { p->time_major = 2; });
  refused([](RnnParams* p) { p->backward = -1; });
  refused([](RnnParams* p) { p->activation = 5; });
  refused([](RnnParams* p) { p->dynamic = DYNAMIC_SYMMETRIC_FOLDED; });
  refused([](RnnParams* p) { p->steps = p->batch = INT32_MAX, p->units = 65536; });
  RnnParams p = {};
  p.steps = p.batch = p.units = 3;
  p.dynamic = DYNAMIC_DELEGATE;
  expect_refused("rnn", params_of(p), hybrid_types);
}

}  // namespace
}  // namespace sinter
