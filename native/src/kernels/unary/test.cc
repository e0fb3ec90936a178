// unary against the C library's doubles, and leaky relu against real numbers.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "guarded.h"
#include "kernels/unary/op.h"

namespace sinter {
namespace {

template <class T>
std::vector<T> run(const char* name, UnaryParams p, const std::vector<T>& in) {
  const RowDef* row = find_row(name);
  p.count = static_cast<int32_t>(in.size());
  int64_t needed[MAX_SLOTS];
  EXPECT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  const size_t bytes = in.size() * sizeof(T);
  EXPECT_EQ(needed[UNARY_OUT], static_cast<int64_t>(bytes));
  GuardedBuffer source(bytes, GuardedBuffer::AT_END), target(bytes, GuardedBuffer::AT_START);
  if (bytes) memcpy(source.data(), in.data(), bytes);
  void* slots[] = {source.data(), target.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  row->run(&call);
  std::vector<T> out(in.size());
  if (bytes) memcpy(out.data(), target.data(), bytes);
  return out;
}

void expect_function(int function, double (*f)(double), double low, double high, double tolerance) {
  std::vector<float> in;
  for (int i = 0; i <= 1037; i++) in.push_back(static_cast<float>(low + (high - low) * i / 1037));
  UnaryParams p = {};
  p.function = function;
  const std::vector<float> out = run("unary_f32_reference", p, in);
  for (size_t i = 0; i < in.size(); i++) {
    const double exact = f(static_cast<double>(in[i]));
    ASSERT_NEAR(static_cast<double>(out[i]), exact, tolerance * fmax(1.0, fabs(exact))) << function << " of " << in[i];
  }
}

TEST(Unary, Floats) {
  const double t = 5e-7;
  expect_function(UNARY_ABS, fabs, -5, 5, 0);
  expect_function(UNARY_NEG, [](double x) { return -x; }, -5, 5, 0);
  expect_function(UNARY_SQUARE, [](double x) { return x * x; }, -5, 5, t);
  expect_function(UNARY_SIGN, [](double x) { return x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0; }, -5, 5, 0);
  expect_function(UNARY_EXP, exp, -20, 20, t);
  expect_function(UNARY_LOG, log, 0.01, 50, t);
  expect_function(UNARY_SQRT, sqrt, 0, 50, t);
  expect_function(UNARY_RSQRT, [](double x) { return 1 / sqrt(x); }, 0.01, 50, t);
  expect_function(UNARY_SIN, sin, -9, 9, t);
  expect_function(UNARY_COS, cos, -9, 9, t);
  expect_function(UNARY_FLOOR, floor, -9, 9, 0);
  expect_function(UNARY_CEIL, ceil, -9, 9, 0);
  expect_function(UNARY_ROUND, rint, -9, 9, 0);
  expect_function(UNARY_LOGISTIC, [](double x) { return 1 / (1 + exp(-x)); }, -40, 40, t);
  expect_function(UNARY_SILU, [](double x) { return x / (1 + exp(-x)); }, -40, 40, t);
  expect_function(UNARY_TANH, tanh, -12, 12, t);
  expect_function(UNARY_HARD_SWISH, [](double x) { return x * fmin(fmax(x + 3, 0), 6) / 6; }, -9, 9, t);
  expect_function(UNARY_ELU, [](double x) { return x < 0 ? expm1(x) : x; }, -9, 9, t);
  expect_function(UNARY_GELU, [](double x) { return 0.5 * x * (1 + erf(x / sqrt(2.0))); }, -9, 9, t);
  expect_function(
      UNARY_GELU_APPROXIMATE,
      [](double x) { return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }, -9, 9, t);
}

TEST(Unary, WholeNumbers) {
  UnaryParams p = {};
  p.function = UNARY_ABS;
  EXPECT_EQ(run<int32_t>("unary_s32_reference", p, {-5, 0, 7, INT32_MIN}), (std::vector<int32_t>{5, 0, 7, INT32_MIN}));
  p.function = UNARY_SIGN;
  EXPECT_EQ(run<int64_t>("unary_s64_reference", p, {-5, 0, 7}), (std::vector<int64_t>{-1, 0, 1}));
  p.function = UNARY_SQUARE;
  EXPECT_EQ(run<int64_t>("unary_s64_reference", p, {-5, 0, 7}), (std::vector<int64_t>{25, 0, 49}));
  p.function = UNARY_NOT;
  EXPECT_EQ(run<uint8_t>("unary_bool_reference", p, {0, 1, 1}), (std::vector<uint8_t>{1, 0, 0}));
}

TEST(Unary, LeakyReluOfInt16) {
  std::vector<int16_t> in;
  for (int i = -32768; i <= 32767; i += 13) in.push_back(static_cast<int16_t>(i));
  for (float alpha : {0.3f, 1.5f, -0.25f}) {
    UnaryParams p = {};
    p.function = UNARY_LEAKY_RELU;
    p.alpha = alpha;
    p.in_scale = 0.013f;
    p.out_scale = 0.0171f;
    const std::vector<int16_t> out = run("unary_s16_reference", p, in);
    for (size_t i = 0; i < in.size(); i++) {
      const double real = double(in[i]) * double(p.in_scale) * (in[i] < 0 ? double(alpha) : 1.0);
      ASSERT_NEAR(out[i], fmin(fmax(real / double(p.out_scale), -32768), 32767), 0.76);  // it rounds twice
    }
  }
}

double gelu_approximate(double x) {
  return x / (1 + exp(-2 * sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

// The true functions, and by how much a result may be off: units of its last place, and parts of x.
struct Accuracy {
  int function;
  double (*exact)(double);
  double units, parts_of_x;
};
const Accuracy accuracies[] = {
    {UNARY_EXP, exp, 4, 0},
    {UNARY_LOG, log, 4, 0},
    {UNARY_SQRT, sqrt, 0.5, 0},
    {UNARY_RSQRT, [](double x) { return 1 / sqrt(x); }, 4, 0},
    {UNARY_SIN, sin, 4, 0},
    {UNARY_COS, cos, 4, 0},
    {UNARY_LOGISTIC, [](double x) { return 1 / (1 + exp(-x)); }, 4, 0},
    // Where the logistic function is subnormal, it may be 0.
    {UNARY_SILU, [](double x) { return x / (1 + exp(-x)); }, 5, ldexp(1, -126)},
    {UNARY_TANH, tanh, 4, 0},
    {UNARY_HARD_SWISH, [](double x) { return x * fmin(fmax(x + 3, 0), 6) / 6; }, 4, ldexp(1, -22)},
    {UNARY_ELU, [](double x) { return x < 0 ? expm1(x) : x; }, 4, 0},
    {UNARY_GELU, [](double x) { return 0.5 * x * erfc(-x / sqrt(2.0)); }, 4, ldexp(1, -22)},
    {UNARY_GELU_APPROXIMATE, gelu_approximate, 4, ldexp(1, -22)},
};

// Every row beside the true values, over floats of all sizes: every 10 007th, or another step that
// SINTER_EVERY_FLOAT says (1: all; some minutes for each function), with the errors found printed.
TEST(Unary, AccuracyOverAllFloats) {
  const char* every = getenv("SINTER_EVERY_FLOAT");
  const uint64_t step = every && atoi(every) > 0 ? static_cast<uint64_t>(atoi(every)) : 10007;
  const uint64_t block = 1 << 16;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (strcmp(row->op->name, "unary") || row->types[UNARY_IN] != F32 || !row_runs_here(row)) continue;
    for (const Accuracy& a : accuracies) {
      double worst = 0, worst_at = 0;
      std::vector<float> in(block), out(block);
      for (uint64_t bits = 0; bits < uint64_t{1} << 32;) {
        size_t count = 0;
        for (; count < block && bits < uint64_t{1} << 32; bits += step) {
          const uint32_t word = static_cast<uint32_t>(bits);
          memcpy(&in[count++], &word, 4);
        }
        UnaryParams p = {};
        p.function = a.function;
        p.count = static_cast<int32_t>(count);
        void* slots[] = {in.data(), out.data()};
        Workers alone = {1, nullptr};
        const Call call = {&p, slots, nullptr, &alone};
        row->run(&call);
        for (size_t k = 0; k < count; k++) {
          const double x = static_cast<double>(in[k]), exact = a.exact(x), got = static_cast<double>(out[k]);
          if (isnan(exact) || isnan(got)) {
            // 0 times infinity: not every form of these functions has it.
            if (isinf(x) && a.parts_of_x > 0) continue;
            ASSERT_TRUE(isnan(exact) && isnan(got)) << row->name << " function " << a.function << " of " << x;
            continue;
          }
          if (got == exact || static_cast<float>(exact) == out[k]) continue;
          if (got == 0 && fabs(exact) < ldexp(1, -126)) continue;                        // subnormal results may be 0
          if (a.function == UNARY_HARD_SWISH && isinf(got) && fabs(x) > 5e37) continue;  // 6 x overflows
          int exponent;
          frexp(exact, &exponent);
          const double unit = ldexp(1, exponent < -125 ? -149 : exponent - 24);
          const double error = fabs(got - exact), allowed = a.units * unit + a.parts_of_x * fabs(x);
          if (error / allowed > worst) {
            worst = error / allowed;
            worst_at = x;
          }
        }
      }
      EXPECT_LE(worst, 1.0) << row->name << " function " << a.function << " of " << worst_at;
      RecordProperty(std::string(row->name) + "_" + std::to_string(a.function), std::to_string(worst));
      if (every) {
        printf("%s function %d: at most %.3f of what is allowed, at %.9g\n", row->name, a.function, worst, worst_at);
      }
    }
  }
}

// Values that take a way of their own (infinite ones, angles beyond the range of fast reduction) change nothing of what
// stands beside them: another number of threads would put them beside others.
TEST(Unary, NeighboursDoNotMatter) {
  Random random(8);
  for (int function : {UNARY_RSQRT, UNARY_SIN, UNARY_COS}) {
    for (int32_t count : {40, 203, 1031}) {
      UnaryParams p = {};
      p.function = function;
      p.count = count;
      Case c;
      c.name = "function " + std::to_string(function) + " count " + std::to_string(count);
      c.op = "unary";
      c.params = params_of(p);
      c.types = {F32, F32};
      c.out_bytes = 4 * int64_t{count};
      std::vector<float> x = random.f32(count, 0.01f, 12.0f);
      for (size_t i = 5; i < x.size(); i += 37)
        x[i] = function == UNARY_RSQRT ? INFINITY : 1e5f + static_cast<float>(i);
      c.inputs = {bytes_of(x)};
      c.tolerance = {1e-5f};
      run_differential(c);
      if (HasFailure()) return;
    }
  }
}

// All rows of all types and functions beside the reference.
TEST(Unary, EveryRow) {
  Random random(7);
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (strcmp(row->op->name, "unary") || !strstr(row->name, "_reference")) continue;
    for (int function = 0; function < UNARY_FUNCTIONS; function++) {
      for (int32_t count : {0, 1, 7, 64, 1031}) {
        UnaryParams p = {};
        p.function = function;
        p.count = count;
        p.alpha = count == 64 ? -0.3f : 0.2f;
        p.in_scale = 0.02f;
        p.out_scale = 0.03f;
        int64_t needed[MAX_SLOTS];
        if (row->op->check(&p, row, needed) != SINTER_OK) break;
        Case c;
        c.name = std::string(row->name) + " function " + std::to_string(function) + " count " + std::to_string(count);
        c.op = "unary";
        c.params = params_of(p);
        c.types = {row->types[UNARY_IN], row->types[UNARY_OUT]};
        c.out_bytes = needed[UNARY_OUT];
        if (row->types[UNARY_IN] == F32) {
          const bool positive = function == UNARY_LOG || function == UNARY_SQRT || function == UNARY_RSQRT;
          c.inputs = {bytes_of(random.f32(count, positive ? 0.01f : -12.0f, 12.0f))};
          if (function >= UNARY_EXP && function != UNARY_SQRT) {
            c.tolerance = {INFINITY};
            const Bytes expected = run_reference(c);
            c.tolerance.clear();
            for (size_t k = 0; k < expected.size(); k += 4) {
              float value;
              memcpy(&value, &expected[k], 4);
              c.tolerance.push_back(1e-6f * fmaxf(1.0f, fabsf(value)));
            }
          }
        } else {
          c.inputs = {bytes_of(random.s8(needed[UNARY_IN]))};
        }
        run_differential(c);
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Unary, RefusesHostileParameters) {
  UnaryParams p = {};
  p.count = -1;
  expect_refused("unary", params_of(p), {F32, F32});
  p.count = 1;
  p.function = UNARY_FUNCTIONS;
  expect_refused("unary", params_of(p), {F32, F32});
  p.function = UNARY_EXP;
  expect_refused("unary", params_of(p), {S32, S32});
  p.function = UNARY_LEAKY_RELU;
  expect_refused("unary", params_of(p), {S16, S16});  // no scales
}

}  // namespace
}  // namespace sinter
