// lstm: every row against the reference, on small shapes with all tails, all options, and sequences of steps.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/lstm/fixed16.h"
#include "kernels/lstm/shape.h"

namespace sinter {
namespace {

const std::vector<DataType> f32_types = {F32, F32, F32, F32, F32, F32, F32};
const std::vector<DataType> s8_types = {S32, S8, S16, S8, S8, S16, S8};
const std::vector<DataType> hybrid_types = {F32, F32, F32, S8, F32, F32, F32};

LstmParams shape_of(int32_t steps, int32_t batch, int32_t cell, int32_t output) {
  LstmParams p = {};
  p.steps = steps;
  p.batch = batch;
  p.cell = cell;
  p.output = output;
  p.projection = cell != output;
  p.activation = LSTM_TANH;
  p.cell_shift = -11;
  return p;
}

Bytes s16_of(Random* random, int64_t count, int32_t bound) {
  std::vector<int16_t> values(static_cast<size_t>(count));
  for (auto& v : values) v = static_cast<int16_t>(random->integer(-bound, bound));
  return bytes_of(values);
}

Case case_of(const LstmParams& p, uint64_t seed, bool s8) {
  Random random(seed);
  const int64_t gates = lstm_gates(p), rows = int64_t{p.steps} * p.batch, wide = gates * p.cell;
  Case c;
  c.name = "lstm steps " + std::to_string(p.steps) + " batch " + std::to_string(p.batch) + " cell " +
           std::to_string(p.cell) + " output " + std::to_string(p.output) + " cifg " + std::to_string(p.cifg) +
           " peephole " + std::to_string(p.peephole) + " norm " + std::to_string(p.layer_norm) + " seed " +
           std::to_string(seed);
  c.op = "lstm";
  c.params = params_of(p);
  c.types = s8 ? s8_types : f32_types;
  c.sources.resize(LSTM_SOURCES);
  if (s8) {
    c.sources[LSTM_SOURCE_RECURRENT] = bytes_of(random.s8(wide * p.output));
    if (p.projection) {
      c.sources[LSTM_SOURCE_PROJECTION] = bytes_of(random.s8(int64_t{p.output} * p.cell));
      if (seed % 2) c.sources[LSTM_SOURCE_PROJECTION_BIAS] = bytes_of(random.s32(p.output, -5000, 5000));
    }
    if (p.peephole) c.sources[LSTM_SOURCE_PEEPHOLE] = s16_of(&random, (gates - 1) * p.cell, 32767);
    if (p.layer_norm) {
      c.sources[LSTM_SOURCE_NORM] = s16_of(&random, wide, 32767);
      c.sources[LSTM_SOURCE_NORM_BIAS] = bytes_of(random.s32(wide, -20000000, 20000000));
    }
    // Sums of some 20000 are to become 16-bit numbers of all sizes, beyond the ends too.
    const auto factor = [&](double low, double high) {
      return fixed_factor(
          exp(static_cast<double>(random.real(static_cast<float>(log(low)), static_cast<float>(log(high))))));
    };
    LstmFactors f = {};
    for (int g = 0; g < 4; g++) {
      f.input[g] = factor(0.05, 4);
      f.recurrent[g] = factor(0.05, 4);
      f.peephole[g] = factor(1e-6, 1e-3);
      f.norm[g] = factor(1e-5, 1e-3);
      f.guard[g] = static_cast<int32_t>(random.integer(1, 1000));
    }
    f.projection = factor(1e-4, 1e-2);
    f.hidden = factor(1e-8, 1e-6);
    const char* at = reinterpret_cast<const char*>(&f);
    c.sources[LSTM_SOURCE_FACTORS] = Bytes(at, at + sizeof f);
    const int32_t most = seed % 5 == 0 ? INT32_MAX : 20000;
    c.inputs = {bytes_of(random.s32(rows * wide, -most, most)), bytes_of(random.s8(int64_t{p.batch} * p.output)),
                s16_of(&random, int64_t{p.batch} * p.cell, 32767)};
  } else {
    const float size = 1.5f / sqrtf(static_cast<float>(p.output));
    c.sources[LSTM_SOURCE_RECURRENT] = bytes_of(random.f32(wide * p.output, -size, size));
    if (p.projection) {
      c.sources[LSTM_SOURCE_PROJECTION] = bytes_of(random.f32(int64_t{p.output} * p.cell, -0.3f, 0.3f));
      if (seed % 2) c.sources[LSTM_SOURCE_PROJECTION_BIAS] = bytes_of(random.f32(p.output, -1, 1));
    }
    if (p.peephole) c.sources[LSTM_SOURCE_PEEPHOLE] = bytes_of(random.f32((gates - 1) * p.cell, -1, 1));
    if (p.layer_norm) {
      c.sources[LSTM_SOURCE_NORM] = bytes_of(random.f32(wide, -1, 1));
      c.sources[LSTM_SOURCE_NORM_BIAS] = bytes_of(random.f32(wide, -1, 1));
    }
    c.inputs = {bytes_of(random.f32(rows * wide, -4, 4)), bytes_of(random.f32(int64_t{p.batch} * p.output, -1, 1)),
                bytes_of(random.f32(int64_t{p.batch} * p.cell, -3, 3))};
    c.tolerance = {(p.layer_norm ? 4e-5f : 4e-6f) * static_cast<float>(1 + p.steps)};
  }
  const int64_t state = s8 ? 1 : 4, cell = s8 ? 2 : 4;
  c.out_bytes_of = {int64_t{p.batch} * p.output * state, int64_t{p.batch} * p.cell * cell, rows * p.output * state};
  return c;
}

// The float case with int8 weights; rows are equal bit for bit.
Case hybrid_of(const LstmParams& float_params, uint64_t seed) {
  LstmParams p = float_params;
  Random random(seed + 2000);
  p.dynamic = static_cast<int32_t>(random.integer(DYNAMIC_SYMMETRIC_FOLDED, DYNAMIC_ASYMMETRIC_FOLDED));
  Case c = case_of(p, seed, false);
  c.name += " hybrid";
  c.types = hybrid_types;
  const int64_t wide = int64_t{lstm_gates(p)} * p.cell;
  c.sources[LSTM_SOURCE_RECURRENT] = bytes_of(random.s8(wide * p.output));
  if (p.projection) c.sources[LSTM_SOURCE_PROJECTION] = bytes_of(random.s8(int64_t{p.output} * p.cell));
  const float size = 0.02f / sqrtf(static_cast<float>(p.output));
  c.sources[LSTM_SOURCE_SCALES] = bytes_of(random.f32(wide + (p.projection ? p.output : 0), size / 2, size));
  c.tolerance = {0.0f};
  return c;
}

int run_both(const LstmParams& p, uint64_t seed) {
  int compared = run_differential(case_of(p, seed, false));
  compared += run_differential(hybrid_of(p, seed));
  LstmParams q = p;
  Random random(seed + 1000);
  q.activation = LSTM_TANH;
  q.cell_clip = p.cell_clip > 0 ? 9000.0f : 0.0f;
  q.projection_clip = p.projection_clip > 0 ? 50.0f : 0.0f;
  q.cell_shift = static_cast<int32_t>(random.integer(-15, -9));
  q.state_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  q.hidden_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  if (q.peephole && (q.output > q.cell || (q.output < q.cell && q.time_major && q.batch > 1))) return compared;
  return compared + run_differential(case_of(q, seed, true));
}

TEST(Lstm, AllTailsOfCells) {
  for (int32_t cell = 1; cell <= 37; cell++) {
    for (int32_t cifg = 0; cifg < 2; cifg++) {
      LstmParams p = shape_of(3, 1, cell, cell);
      p.cifg = cifg;
      run_both(p, static_cast<uint64_t>(cell * 2 + cifg));
    }
  }
}

TEST(Lstm, AllOptions) {
  for (uint64_t options = 0; options < 64; options++) {
    for (uint64_t seed = 0; seed < 3; seed++) {
      Random random(options * 3 + seed);
      const int32_t cell = static_cast<int32_t>(random.integer(1, 40));
      const bool projection = options & 1;
      LstmParams p = shape_of(static_cast<int32_t>(random.integer(1, 5)), static_cast<int32_t>(random.integer(1, 4)),
                              cell, projection ? static_cast<int32_t>(random.integer(1, 40)) : cell);
      p.projection = projection;
      p.cifg = options >> 1 & 1;
      p.peephole = options >> 2 & 1;
      p.layer_norm = options >> 3 & 1;
      p.time_major = options >> 4 & 1;
      if (options >> 5 & 1) p.cell_clip = 0.7f;
      if (projection && options >> 5 & 1) p.projection_clip = 0.5f;
      p.activation = seed == 0 ? static_cast<int32_t>(random.integer(0, 3)) : static_cast<int32_t>(LSTM_TANH);
      // Without a bound, growth makes of rounding what it likes.
      if (p.activation != LSTM_TANH && p.activation != LSTM_RELU_N1_TO_1) p.cell_clip = 1;
      run_both(p, options * 3 + seed);
    }
  }
}

TEST(Lstm, LongerSequences) {
  for (uint64_t seed = 0; seed < 6; seed++) {
    Random random(seed);
    LstmParams p =
        shape_of(20, static_cast<int32_t>(random.integer(1, 3)), static_cast<int32_t>(random.integer(50, 130)),
                 static_cast<int32_t>(random.integer(50, 130)));
    if (seed % 2) p.output = p.cell, p.projection = 0;
    run_both(p, seed);
  }
}

TEST(Lstm, BackwardIsForwardOfTheStepsTurned) {
  for (uint64_t seed = 0; seed < 20; seed++) {
    Random random(seed);
    LstmParams p =
        shape_of(static_cast<int32_t>(random.integer(1, 6)), static_cast<int32_t>(random.integer(1, 3)), 9, 9);
    p.time_major = static_cast<int32_t>(seed % 2);
    Case forward = case_of(p, seed, false);
    Case backward = forward;
    p.backward = 1;
    backward.params = params_of(p);
    run_differential(backward);
    const auto turned = [&](const Bytes& rows, size_t from) {
      Bytes result = rows;
      const size_t count = static_cast<size_t>(p.steps * p.batch), bytes = (rows.size() - from) / count;
      for (int32_t t = 0; t < p.steps; t++) {
        for (int32_t b = 0; b < p.batch; b++) {
          const auto row = [&](int32_t step) {
            return from + bytes * static_cast<size_t>(p.time_major ? step * p.batch + b : b * p.steps + step);
          };
          memcpy(result.data() + row(t), rows.data() + row(p.steps - 1 - t), bytes);
        }
      }
      return result;
    };
    backward.inputs[0] = turned(forward.inputs[0], 0);
    const size_t states = static_cast<size_t>(2 * p.batch * 9 * 4);
    ASSERT_EQ(turned(run_reference(backward), states), run_reference(forward)) << seed;
  }
}

TEST(Lstm, NothingToDo) {
  run_both(shape_of(0, 2, 5, 5), 1);
  run_both(shape_of(3, 0, 5, 5), 2);
}

// What 16-bit fixed point promises: within a few units of the last place of the real functions.
TEST(Lstm, FixedPointFunctionsAreWhatTheySay) {
  for (int32_t x = -32768; x <= 32767; x++) {
    const double real = x / 4096.0;
    ASSERT_NEAR(logistic16(static_cast<int16_t>(x)) / 32768.0, 1 / (1 + exp(-real)), 5e-4) << x;
    for (int32_t bits = 0; bits <= 6; bits++) {
      ASSERT_NEAR(tanh16(static_cast<int16_t>(x), bits) / 32768.0, tanh(x / static_cast<double>(1 << (15 - bits))),
                  1e-3)
          << x << " bits " << bits;
    }
  }
}

TEST(Lstm, RefusesHostileParameters) {
  const auto refused = [](void (*change)(LstmParams*), bool only_s8) {
    LstmParams p = shape_of(2, 2, 8, 8);
    change(&p);
    expect_refused("lstm", params_of(p), s8_types);
    if (!only_s8) expect_refused("lstm", params_of(p), f32_types);
  };
  refused([](LstmParams* p) { p->steps = -1; }, false);
  refused([](LstmParams* p) { p->batch = -1; }, false);
  refused([](LstmParams* p) { p->cell = p->output = 0; }, false);
  refused([](LstmParams* p) { p->cell = INT32_MAX; }, false);
  refused([](LstmParams* p) { p->output = 9; }, false);
  refused([](LstmParams* p) { p->output = INT32_MIN; }, false);
  refused([](LstmParams* p) { p->cifg = 2; }, false);
  refused([](LstmParams* p) { p->peephole = -1; }, false);
  refused([](LstmParams* p) { p->layer_norm = 7; }, false);
  refused([](LstmParams* p) { p->projection = 3; }, false);
  refused([](LstmParams* p) { p->time_major = 3; }, false);
  refused([](LstmParams* p) { p->backward = 2; }, false);
  refused([](LstmParams* p) { p->dynamic = DYNAMIC_SYMMETRIC_FOLDED; }, false);
  refused([](LstmParams* p) { p->activation = 5; }, false);
  refused([](LstmParams* p) { p->cell_clip = NAN; }, false);
  refused([](LstmParams* p) { p->projection_clip = -1; }, false);
  refused([](LstmParams* p) { p->steps = p->batch = INT32_MAX, p->cell = p->output = 1 << 20; }, false);
  refused([](LstmParams* p) { p->cell_shift = -16; }, true);
  refused([](LstmParams* p) { p->cell_shift = -8; }, true);
  refused([](LstmParams* p) { p->activation = LSTM_RELU; }, true);
  refused([](LstmParams* p) { p->cell_clip = 40000; }, true);
  refused([](LstmParams* p) { p->state_zero_point = 128; }, true);
  refused([](LstmParams* p) { p->hidden_zero_point = -129; }, true);
  refused([](LstmParams* p) { p->cell = p->output = 65537; }, true);
  refused([](LstmParams* p) { p->projection = p->peephole = 1, p->output = 9; }, true);
  for (int32_t mode : {-1, 0, 2, 5}) {
    LstmParams p = shape_of(2, 2, 8, 8);
    p.dynamic = mode;
    expect_refused("lstm", params_of(p), hybrid_types);
  }
}

}  // namespace
}  // namespace sinter
