// binary against its definitions, written down here a second time; all types, broadcasts and functions.
// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "guarded.h"
#include "kernels/binary/op.h"

namespace sinter {
namespace {

struct Setup {
  BinaryParams p = {};
  int64_t needed[MAX_SLOTS] = {};
  Bytes a, b, out;
};

// Random dimensions and a random pattern of repetition; some with long rows, some with elements apart.
Setup make_setup(Random& random, const RowDef* row, int function) {
  Setup s;
  s.p.function = function;
  const bool is_long = random.integer(0, 9) == 0;
  int32_t step_a = random.integer(0, 5) == 0 ? 2 : 1, step_b = random.integer(0, 5) == 0 ? 3 : 1;
  for (int k = BINARY_RANK - 1; k >= 0; k--) {
    const int most = k == 5 ? (is_long ? 6000 : 37) : is_long && k < 4 ? 1 : 3;
    (&s.p.d0)[k] = static_cast<int32_t>(random.integer(random.integer(0, 30) == 0 ? 0 : 1, most));
    const bool in_a = random.integer(0, 3) != 0, in_b = random.integer(0, 3) != 0;
    (&s.p.a_stride0)[k] = in_a ? step_a : 0;
    (&s.p.b_stride0)[k] = in_b ? step_b : 0;
    if (in_a) step_a *= (&s.p.d0)[k] ? (&s.p.d0)[k] : 1;
    if (in_b) step_b *= (&s.p.d0)[k] ? (&s.p.d0)[k] : 1;
  }
  const bool compares = row->types[BINARY_OUT] == BOOL8;  // of stored numbers, without scales
  s.p.a_scale = compares ? 0.0f : 0.02f * static_cast<float>(random.integer(1, 9));
  s.p.b_scale = compares ? 0.0f : 0.01f * static_cast<float>(random.integer(1, 9));
  s.p.out_scale = 0.03f * static_cast<float>(random.integer(1, 9));
  const DataType type = row->types[BINARY_OUT];
  s.p.out_min = type == S8 ? -128 : type == U8 ? 0 : type == S16 ? -32768 : INT32_MIN;
  s.p.out_max = type == S8 ? 127 : type == U8 ? 255 : type == S16 ? 32767 : INT32_MAX;
  if (type == S8 || type == U8) s.p.a_zero_point = s.p.out_zero_point = 3;
  s.p.act_min = -INFINITY;
  s.p.act_max = INFINITY;
  EXPECT_EQ(row->op->check(&s.p, row, s.needed), SINTER_OK) << row->name;
  s.a = bytes_of(random.s8(s.needed[BINARY_A]));
  s.b = bytes_of(random.s8(s.needed[BINARY_B]));
  const size_t width = row->types[BINARY_A] == S64 ? 8 : row->types[BINARY_A] == S32 ? 4 : 0;
  if (width != 0 && (function == BINARY_DIV || function == BINARY_FLOOR_MOD)) {
    for (size_t i = 0; i < s.b.size(); i += width) s.b[i] = static_cast<char>(s.b[i] | 1);  // no divisor is 0
  }
  if (row->types[BINARY_A] == F32) {
    for (Bytes* bytes : {&s.a, &s.b}) {
      for (size_t i = 0; i + 4 <= bytes->size(); i += 4) {
        const float value = static_cast<float>(random.integer(-400, 400)) / 64.0f;
        memcpy(&(*bytes)[i], &value, 4);
      }
    }
  }
  return s;
}

void run(const RowDef* row, Setup* s) {
  GuardedBuffer a(s->a.size(), GuardedBuffer::AT_END), b(s->b.size(), GuardedBuffer::AT_START);
  GuardedBuffer out(static_cast<size_t>(s->needed[BINARY_OUT]), GuardedBuffer::AT_END);
  if (!s->a.empty()) memcpy(a.data(), s->a.data(), s->a.size());
  if (!s->b.empty()) memcpy(b.data(), s->b.data(), s->b.size());
  void* slots[] = {a.data(), b.data(), out.data()};
  // As several threads cut it, one after the other.
  Workers several = {3, [](Workers*, int64_t tasks, Task task, void* context) {
                       for (int64_t i = 0; i < tasks; i++) task(context, i, 0);
                     }};
  const Call call = {&s->p, slots, nullptr, &several};
  row->run(&call);
  s->out.resize(static_cast<size_t>(s->needed[BINARY_OUT]));
  if (!s->out.empty()) memcpy(s->out.data(), out.data(), s->out.size());
}

template <class T>
T at(const Bytes& bytes, int64_t i) {
  T value;
  memcpy(&value, &bytes[static_cast<size_t>(i) * sizeof(T)], sizeof(T));
  return value;
}

// Compares every element with f(a, b).
template <class In, class Out, class F>
void expect_each(const Setup& s, const F& f) {
  const int32_t* d = &s.p.d0;
  int64_t total = 1;
  for (int k = 0; k < BINARY_RANK; k++) total *= d[k];
  for (int64_t i = 0; i < total; i++) {
    int64_t rest = i, x = 0, y = 0;
    for (int k = BINARY_RANK - 1; k >= 0; k--) {
      x += rest % d[k] * (&s.p.a_stride0)[k];
      y += rest % d[k] * (&s.p.b_stride0)[k];
      rest /= d[k];
    }
    ASSERT_EQ(at<Out>(s.out, i), f(at<In>(s.a, x), at<In>(s.b, y))) << "function " << s.p.function << " at " << i;
  }
}

template <class In, class Out, class F>
void test(const char* name, int function, const F& f) {
  const RowDef* row = find_row(name);
  ASSERT_NE(row, nullptr) << name;
  Random random(static_cast<uint64_t>(17 + function));
  for (int i = 0; i < 40; i++) {
    Setup s = make_setup(random, row, function);
    run(row, &s);
    expect_each<In, Out>(s, f);
  }
}

TEST(Binary, Floats) {
  const char* row = "binary_f32_reference";
  test<float, float>(row, BINARY_ADD, [](float a, float b) { return a + b; });
  test<float, float>(row, BINARY_SUB, [](float a, float b) { return a - b; });
  test<float, float>(row, BINARY_MUL, [](float a, float b) { return a * b; });
  test<float, float>(row, BINARY_MAX, [](float a, float b) { return fmaxf(a, b); });
  test<float, float>(row, BINARY_MIN, [](float a, float b) { return fminf(a, b); });
  test<float, float>(row, BINARY_SQUARED_DIFFERENCE, [](float a, float b) { return (a - b) * (a - b); });
}

template <class T>
void test_integers(const char* row) {
  test<T, T>(row, BINARY_ADD,
             [](T a, T b) { return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); });
  test<T, T>(row, BINARY_SUB,
             [](T a, T b) { return static_cast<T>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); });
  test<T, T>(row, BINARY_MAX, [](T a, T b) { return a > b ? a : b; });
  test<T, T>(row, BINARY_DIV,
             [](T a, T b) { return b == -1 ? static_cast<T>(0 - static_cast<uint64_t>(a)) : static_cast<T>(a / b); });
  test<T, T>(row, BINARY_FLOOR_MOD, [](T a, T b) {
    if (b == -1) return T{0};
    const T r = static_cast<T>(a % b);
    return static_cast<T>(r && (r ^ b) < 0 ? r + b : r);
  });
}

TEST(Binary, Integers) {
  test_integers<int32_t>("binary_s32_reference");
  test_integers<int64_t>("binary_s64_reference");
}

template <class T>
void test_comparisons(const char* row) {
  test<T, uint8_t>(row, BINARY_LESS, [](T a, T b) { return a < b ? 1 : 0; });
  test<T, uint8_t>(row, BINARY_GREATER_EQUAL, [](T a, T b) { return a < b ? 0 : 1; });
  test<T, uint8_t>(row, BINARY_EQUAL, [](T a, T b) { return a == b ? 1 : 0; });
  test<T, uint8_t>(row, BINARY_NOT_EQUAL, [](T a, T b) { return a == b ? 0 : 1; });
}

TEST(Binary, Comparisons) {
  test_comparisons<float>("binary_compare_f32_reference");
  test_comparisons<int32_t>("binary_compare_s32_reference");
  test_comparisons<int64_t>("binary_compare_s64_reference");
  test_comparisons<int8_t>("binary_compare_s8_reference");
  test_comparisons<uint8_t>("binary_compare_u8_reference");
  test_comparisons<int16_t>("binary_compare_s16_reference");
  test<uint8_t, uint8_t>("binary_compare_bool_reference", BINARY_AND, [](int a, int b) { return a && b ? 1 : 0; });
  test<uint8_t, uint8_t>("binary_compare_bool_reference", BINARY_OR, [](int a, int b) { return a || b ? 1 : 0; });
}

// Quantized results are within one step of the real ones; that they are the definition's exactly is
// shown beside TFLite itself.
template <class T>
void test_quantized(const char* name, double low, double high) {
  const RowDef* row = find_row(name);
  for (int function : {BINARY_ADD, BINARY_SUB, BINARY_MUL}) {
    Random random(static_cast<uint64_t>(99 + function));
    for (int i = 0; i < 40; i++) {
      Setup s = make_setup(random, row, function);
      run(row, &s);
      const int32_t* d = &s.p.d0;
      int64_t total = 1;
      for (int k = 0; k < BINARY_RANK; k++) total *= d[k];
      for (int64_t e = 0; e < total; e++) {
        int64_t rest = e, x = 0, y = 0;
        for (int k = BINARY_RANK - 1; k >= 0; k--) {
          x += rest % d[k] * (&s.p.a_stride0)[k];
          y += rest % d[k] * (&s.p.b_stride0)[k];
          rest /= d[k];
        }
        const double a = (at<T>(s.a, x) - s.p.a_zero_point) * double(s.p.a_scale);
        const double b = (at<T>(s.b, y) - s.p.b_zero_point) * double(s.p.b_scale);
        const double real = function == BINARY_ADD ? a + b : function == BINARY_SUB ? a - b : a * b;
        const double exact = fmin(fmax(real / double(s.p.out_scale) + s.p.out_zero_point, low), high);
        ASSERT_NEAR(at<T>(s.out, e), exact, 0.51 + 1e-4 * fabs(exact)) << name << " function " << function;
      }
    }
  }
  test<T, T>(name, BINARY_MAX, [](T a, T b) { return a > b ? a : b; });
  test<T, T>(name, BINARY_MIN, [](T a, T b) { return a < b ? a : b; });
}

TEST(Binary, Quantized) {
  test_quantized<int8_t>("binary_s8_reference", -128, 127);
  test_quantized<uint8_t>("binary_u8_reference", 0, 255);
  test_quantized<int16_t>("binary_s16_reference", -32768, 32767);
}

// Sums, differences and products of int16 as converters write them, without zero points.
TEST(Binary, QuantizedInt16InVectors) {
  Random random(12);
  for (int i = 0; i < 300; i++) {
    BinaryParams p = {};
    p.function = i % 3;  // add, sub, mul
    p.d0 = p.d1 = p.d2 = p.d3 = 1;
    p.d4 = static_cast<int32_t>(random.integer(1, 5));
    p.d5 = static_cast<int32_t>(random.integer(1, 150));
    const int64_t kind = random.integer(0, 4);
    p.a_stride4 = kind == 1 ? 0 : kind == 3 ? 1 : p.d5;
    p.a_stride5 = kind == 3 ? 0 : 1;
    p.b_stride4 = kind == 2 ? 0 : kind == 4 ? 1 : p.d5;
    p.b_stride5 = kind == 4 ? 0 : 1;
    p.a_scale = random.real(1e-5f, 1e-3f);
    p.b_scale = random.real(1e-5f, 1e-3f);
    p.out_scale =
        p.function == BINARY_MUL ? p.a_scale * p.b_scale * random.real(0.9f, 40000.0f) : random.real(1e-5f, 2e-3f);
    p.out_min = static_cast<int32_t>(random.integer(-32768, 0));
    p.out_max = static_cast<int32_t>(random.integer(0, 32767));
    std::vector<int16_t> a(static_cast<size_t>(p.d4) * p.d5), b(a.size());
    for (auto& v : a) v = static_cast<int16_t>(i % 10 == 0 ? -32768 : random.integer(-32768, 32767));
    for (auto& v : b) v = static_cast<int16_t>(i % 10 == 0 ? -32768 : random.integer(-32768, 32767));
    Case c;
    c.name = "function " + std::to_string(p.function) + ", case " + std::to_string(i);
    c.op = "binary";
    c.params = params_of(p);
    c.types = {S16, S16, S16};
    c.inputs = {bytes_of(a), bytes_of(b)};
    c.out_bytes = int64_t{2} * p.d4 * p.d5;
    run_differential(c);
    if (HasFailure()) return;
  }
}

// Functions of stored numbers of 8 and 16 bits.
template <class T>
void test_stored(const char* name) {
  test<T, T>(name, BINARY_XOR, [](T a, T b) { return static_cast<T>(a ^ b); });
  test<T, T>(name, BINARY_SHIFT, [](T a, T b) {
    const int most = static_cast<int>(8 * sizeof(T)) - 1;
    return static_cast<T>(a >> (b < 0 ? 0 : b > most ? most : b));
  });
}

TEST(Binary, Stored) {
  test_stored<int8_t>("binary_s8_reference");
  test_stored<uint8_t>("binary_u8_reference");
  test_stored<int16_t>("binary_s16_reference");
}

// Runs one pair of operands; returns what the row says of it.
template <class T>
T one(const char* name, BinaryParams p, T a, T b, const char** fault) {
  p.d0 = p.d1 = p.d2 = p.d3 = p.d4 = p.d5 = 1;
  const RowDef* row = find_row(name);
  int64_t needed[MAX_SLOTS];
  EXPECT_EQ(row->op->check(&p, row, needed), SINTER_OK) << name;
  T out = 77;
  void* slots[] = {&a, &b, &out};
  Workers alone = {1, nullptr};
  Fault found = {nullptr, 0, 0};
  Call call = {&p, slots, nullptr, &alone};
  call.fault = &found;
  row->run(&call);
  *fault = found.what;
  return out;
}

template <class T>
void test_floor(const char* name, int low, int high) {
  BinaryParams p = {};
  p.act_max = 1e9f;
  p.act_min = -1e9f;
  p.out_min = low;
  p.out_max = high;
  const char* fault;
  for (int a : {low, low + 1, -7, -1, 0, 1, 6, high}) {
    for (int b : {low, -3, -1, 1, 2, 5, high}) {
      const double quotient = floor(static_cast<double>(a) / b);
      if (quotient > high) continue;
      p.function = BINARY_FLOOR_DIV;
      EXPECT_EQ(one<T>(name, p, static_cast<T>(a), static_cast<T>(b), &fault), static_cast<T>(quotient))
          << a << " " << b;
      EXPECT_EQ(fault, nullptr);
      p.function = BINARY_FLOOR_MOD;
      EXPECT_EQ(one<T>(name, p, static_cast<T>(a), static_cast<T>(b), &fault), static_cast<T>(a - quotient * b));
    }
    for (int function : {BINARY_FLOOR_DIV, BINARY_FLOOR_MOD}) {
      p.function = function;
      EXPECT_EQ(one<T>(name, p, static_cast<T>(a), T{0}, &fault), T{77});  // nothing is written
      EXPECT_STREQ(fault, "division by 0");
    }
  }
}

// Quotients of 32 bits, whole ones and their neighbours, against numbers of 64 bits.
TEST(Binary, QuotientsOf32Bits) {
  Random random(31);
  const int64_t low = INT_MIN, high = INT_MAX;
  std::vector<int32_t> a, b;
  const auto pair = [&](int64_t x, int64_t y) {
    if (x < low || x > high || y == 0) return;
    a.push_back(static_cast<int32_t>(x));
    b.push_back(static_cast<int32_t>(y));
  };
  for (int i = 0; i < 4000; i++) {
    const int64_t divisor = random.integer(low, high) >> random.integer(0, 31);
    if (divisor == 0) continue;
    const int64_t most = high / (divisor < 0 ? -divisor : divisor);
    for (const int64_t times : {random.integer(-most, most), most, -most}) {
      for (const int64_t off : {-1, 0, 1}) pair(times * divisor + off, divisor);
    }
  }
  for (const int64_t x : {low, low + 1, int64_t{-1}, int64_t{0}, int64_t{1}, high - 1, high}) {
    for (const int64_t y : {low, low + 1, int64_t{-2}, int64_t{-1}, int64_t{1}, int64_t{2}, high}) pair(x, y);
  }
  BinaryParams p = {};
  p.out_min = INT_MIN;
  p.out_max = INT_MAX;
  p.d0 = p.d1 = p.d2 = p.d3 = p.d4 = 1;
  p.d5 = static_cast<int32_t>(a.size());
  p.a_stride5 = p.b_stride5 = 1;
  for (const int function : {BINARY_DIV, BINARY_FLOOR_DIV, BINARY_FLOOR_MOD}) {
    p.function = function;
    std::vector<int32_t> expected;
    for (size_t i = 0; i < a.size(); i++) {
      const int64_t x = a[i], y = b[i], q = x / y, floor = q - (x % y != 0 && (x < 0) != (y < 0));
      expected.push_back(static_cast<int32_t>(function == BINARY_DIV         ? q
                                              : function == BINARY_FLOOR_DIV ? floor
                                                                             : x - floor * y));
    }
    Case c;
    c.name = "quotients, function " + std::to_string(function);
    c.op = "binary";
    c.params = params_of(p);
    c.types = {S32, S32, S32};
    c.inputs = {bytes_of(a), bytes_of(b)};
    c.out_bytes = static_cast<int64_t>(a.size()) * 4;
    EXPECT_EQ(run_reference(c), bytes_of(expected)) << c.name;
    run_differential(c);
  }
}

// All rows of all types and functions beside the reference.
TEST(Binary, EveryRow) {
  Random random(29);
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (strcmp(row->op->name, "binary") || !strstr(row->name, "_reference")) continue;
    for (int function = 0; function < BINARY_FUNCTIONS; function++) {
      BinaryParams one = {};
      one.function = function;
      for (int k = 0; k < BINARY_RANK; k++) (&one.d0)[k] = 1;
      const bool compares = row->types[BINARY_OUT] == BOOL8;
      one.a_scale = one.b_scale = compares ? 0.0f : 0.25f;
      one.out_scale = 0.25f;
      one.out_max = 1;
      int64_t needed[MAX_SLOTS];
      if (row->op->check(&one, row, needed) != SINTER_OK) continue;
      const bool powers = function == BINARY_ADD_POWERS || function == BINARY_SUB_POWERS;
      for (int repeat = 0; repeat < 12; repeat++) {
        struct Setup s;
        if (!powers) {
          s = make_setup(random, row, function);
        } else {
          s.p = one;
          s.p.d5 = 1 + repeat * 9;
          s.p.a_stride5 = s.p.b_stride5 = 1;
          (repeat % 2 ? s.p.a_scale : s.p.b_scale) = 0.25f / static_cast<float>(1 << repeat % 5);
          s.p.out_min = -30000;
          s.p.out_max = 32767;
          s.a = bytes_of(random.s8(2 * s.p.d5));
          s.b = bytes_of(random.s8(2 * s.p.d5));
          s.needed[BINARY_OUT] = 2 * s.p.d5;
        }
        if (repeat % 3 == 2 && !powers) {  // a long run and a repeated operand
          s.p.d0 = s.p.d1 = s.p.d2 = s.p.d3 = 1;
          s.p.d4 = 5;
          s.p.d5 = 64;
          const int32_t a[6] = {0, 0, 0, 0, 64, 1}, b[6] = {0, 0, 0, 0, repeat % 2 ? 1 : 0, repeat % 2 ? 0 : 1};
          for (int k = 0; k < BINARY_RANK; k++) {
            (&s.p.a_stride0)[k] = a[k];
            (&s.p.b_stride0)[k] = b[k];
          }
          ASSERT_EQ(row->op->check(&s.p, row, s.needed), SINTER_OK);
          s.a = bytes_of(random.s8(s.needed[BINARY_A]));
          s.b = bytes_of(random.s8(s.needed[BINARY_B]));
          if (row->types[BINARY_A] == F32) {
            s.a = bytes_of(random.f32(s.needed[BINARY_A] / 4, -3.0f, 3.0f));
            s.b = bytes_of(random.f32(s.needed[BINARY_B] / 4, -3.0f, 3.0f));
          }
        }
        const DataType type = row->types[BINARY_A];
        const size_t size = type == S64 ? 8 : type == F32 || type == S32 ? 4 : type == S16 ? 2 : 1;
        for (size_t k = 0; k + size <= s.b.size(); k += size) {  // no divisor is 0
          if (std::all_of(s.b.begin() + static_cast<long>(k), s.b.begin() + static_cast<long>(k + size),
                          [](char byte) { return byte == 0; })) {
            s.b[k + size - 1] = 1;
          }
        }
        Case c;
        c.name = std::string(row->name) + " function " + std::to_string(function);
        c.op = "binary";
        c.params = params_of(s.p);
        c.types = {type, row->types[BINARY_B], row->types[BINARY_OUT]};
        c.inputs = {s.a, s.b};
        c.out_bytes = s.needed[BINARY_OUT];
        if (function == BINARY_POW || function == BINARY_ATAN2) {
          // Units of the last place, of libraries that differ.
          c.tolerance = {INFINITY};
          const Bytes expected = run_reference(c);
          c.tolerance.clear();
          for (size_t k = 0; k + 4 <= expected.size(); k += 4) {
            const float value = fabsf(at<float>(expected, static_cast<int64_t>(k / 4)));
            c.tolerance.push_back(value < 1e30f ? 4.8e-7f * value : 0.0f);
          }
        }
        run_differential(c);
        const bool divides = function == BINARY_FLOOR_DIV || (function == BINARY_DIV && type != F32) ||
                             (function == BINARY_FLOOR_MOD && type != F32);
        if (divides && c.out_bytes > 0) {  // the zero point of what is divided by is 0, too
          std::fill(c.inputs[1].end() - static_cast<long>(size), c.inputs[1].end(), static_cast<char>(0));
          c.fault = "division by 0";
          run_differential(c);
        }
        if (HasFailure()) return;
      }
    }
  }
}

// Sums, differences, products and squares of bytes: every pair of values, long and short rows, an operand that is the
// same in all rows, scales near the bounds of each arithmetic.
TEST(Binary, BytesInEveryForm) {
  const float scales[][3] = {{0.02f, 0.03f, 0.04f}, {0.5f, 0.002f, 0.003f}, {0.0005f, 0.0004f, 0.4f},
                             {2.0f, 3.0f, 0.01f},   {1.0f, 1e-4f, 1.0f},    {1e-3f, 1e-3f, 1.0f}};
  const int32_t forms[][6] = {// d4, d5, strides of a and of b
                              {1, 65536, 0, 1}, {7, 97, 97, 1},  {700, 3, 0, 1}, {2000, 21, 0, 1},
                              {12000, 3, 0, 1}, {40, 129, 0, 1}, {9, 5, 0, 0}};
  Random random(31);
  for (DataType type : {S8, U8}) {
    for (int function : {BINARY_ADD, BINARY_SUB, BINARY_MUL, BINARY_SQUARED_DIFFERENCE}) {
      if (function == BINARY_SQUARED_DIFFERENCE && type == U8) continue;
      for (const auto& scale : scales) {
        for (const auto& form : forms) {
          for (bool swap : {false, true}) {
            BinaryParams p = {};
            p.function = function;
            for (int k = 0; k < BINARY_RANK; k++) (&p.d0)[k] = 1;
            p.d4 = form[0];
            p.d5 = form[1];
            (swap ? p.b_stride4 : p.a_stride4) = form[1];
            (swap ? p.b_stride5 : p.a_stride5) = 1;
            (swap ? p.a_stride4 : p.b_stride4) = form[2];
            (swap ? p.a_stride5 : p.b_stride5) = form[3];
            p.a_scale = scale[0];
            p.b_scale = scale[1];
            p.out_scale = scale[2];
            const int low = type == S8 ? -128 : 0;
            p.a_zero_point = low + static_cast<int32_t>(random.integer(0, 255));
            p.b_zero_point = low + static_cast<int32_t>(random.integer(0, 255));
            p.out_zero_point = low + static_cast<int32_t>(random.integer(0, 255));
            p.out_min = low + static_cast<int32_t>(random.integer(0, 20));
            p.out_max = low + 255 - static_cast<int32_t>(random.integer(0, 20));
            const RowDef* row = find_row(type == S8 ? "binary_s8_reference" : "binary_u8_reference");
            int64_t needed[MAX_SLOTS];
            if (row->op->check(&p, row, needed) != SINTER_OK) continue;
            Case c;
            c.name = "function " + std::to_string(function) + ", " + std::to_string(form[0]) + " x " +
                     std::to_string(form[1]) + (swap ? " swapped" : "");
            c.op = "binary";
            c.params = params_of(p);
            c.types = {type, type, type};
            c.inputs = {bytes_of(random.s8(needed[BINARY_A])), bytes_of(random.s8(needed[BINARY_B]))};
            if (form[1] == 65536) {
              for (size_t i = 0; i < 65536; i++) {
                c.inputs[0][i] = static_cast<char>(i);
                c.inputs[1][i] = static_cast<char>(i >> 8);
              }
            }
            c.out_bytes = needed[BINARY_OUT];
            run_differential(c);
            if (HasFailure()) return;
          }
        }
      }
    }
  }
}

TEST(Binary, RoundsQuotientsDown) {
  test_floor<int8_t>("binary_s8_reference", -128, 127);
  test_floor<int16_t>("binary_s16_reference", -32768, 32767);
  test_floor<int32_t>("binary_s32_reference", -2000000, 2000000);
}

// Near the real values; that they are the definition's exactly is shown beside TFLite itself.
TEST(Binary, QuantizedQuotientsSquaresSlopes) {
  BinaryParams p = {};
  p.a_scale = 0.1f;
  p.b_scale = 0.07f;
  p.out_scale = 0.5f;
  p.a_zero_point = 3;
  p.b_zero_point = -2;
  p.out_zero_point = 1;
  p.out_min = -128;
  p.out_max = 127;
  const char* fault;
  for (int a = -128; a < 128; a += 5) {
    for (int b = -128; b < 128; b += 3) {
      const double x = 0.1 * (a - 3), y = 0.07 * (b + 2);
      const auto expect = [&](int function, double real) {
        p.function = function;
        const int8_t out =
            one<int8_t>("binary_s8_reference", p, static_cast<int8_t>(a), static_cast<int8_t>(b), &fault);
        EXPECT_NEAR(out, fmin(fmax(real / 0.5 + 1, -128), 127), 0.6) << function << ": " << a << " " << b;
      };
      expect(BINARY_SQUARED_DIFFERENCE, (x - y) * (x - y));
      expect(BINARY_PRELU, x >= 0 ? x : x * y);
      // Quotients far below one step are not rounded to nothing, but as TFLite shifts them (tfl.div).
      if (b != -2 && 4 * abs(a - 3) >= abs(b + 2)) expect(BINARY_DIV, x / y);
    }
  }
  p.function = BINARY_DIV;
  one<int8_t>("binary_s8_reference", p, 5, -2, &fault);
  EXPECT_STREQ(fault, "division by 0");
}

TEST(Binary, PowersOfTwo) {
  BinaryParams p = {};
  p.out_scale = p.a_scale = 0.25f;
  p.b_scale = 0.0625f;
  p.out_min = -32768;
  p.out_max = 32767;
  const char* fault;
  const auto run = [&](int function, int a, int b) {
    p.function = function;
    return one<int16_t>("binary_s16_reference", p, static_cast<int16_t>(a), static_cast<int16_t>(b), &fault);
  };
  EXPECT_EQ(run(BINARY_ADD_POWERS, 100, 6), 102);  // 1.5 up
  EXPECT_EQ(run(BINARY_ADD_POWERS, 100, -6), 98);  // -1.5 down
  EXPECT_EQ(run(BINARY_SUB_POWERS, 100, 5), 99);
  EXPECT_EQ(run(BINARY_ADD_POWERS, 32767, 32767), 32767);
  EXPECT_EQ(run(BINARY_SUB_POWERS, -32768, 32767), -32768);
  p.out_scale = 1.0f;  // neither operand is in the result's scale
  expect_refused("binary", params_of(p), {S16, S16, S16});
}

// Neighbours that TFLite's comparison takes for equal, and operands of different scales.
TEST(Binary, ComparesRealValues) {
  BinaryParams p = {};
  p.d0 = p.d1 = p.d2 = p.d3 = p.d4 = p.d5 = 1;
  p.a_scale = 1.0f / 1024.0f;
  p.b_scale = 1.0f / 256.0f;
  p.function = BINARY_EQUAL;
  const RowDef* row = find_row("binary_compare_s8_reference");
  int64_t needed[MAX_SLOTS];
  ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  for (int a = -128; a < 128; a++) {
    for (int b = -30; b < 30; b++) {
      int8_t x = static_cast<int8_t>(a), y = static_cast<int8_t>(b);
      uint8_t out;
      void* slots[] = {&x, &y, &out};
      Workers alone = {1, nullptr};
      const Call call = {&p, slots, nullptr, &alone};
      row->run(&call);
      EXPECT_EQ(out, round(a / 4.0) == b) << a << " " << b;
    }
  }
  p.b_scale = 2.0f;
  expect_refused("binary", params_of(p), {S8, S8, BOOL8});
}

TEST(Binary, RefusesHostileParameters) {
  BinaryParams p = {};
  p.d0 = p.d1 = p.d2 = p.d3 = p.d4 = p.d5 = 2;
  p.act_max = 1;
  p.function = BINARY_FUNCTIONS;
  expect_refused("binary", params_of(p), {F32, F32, F32});
  p.function = BINARY_LESS;
  expect_refused("binary", params_of(p), {F32, F32, F32});
  p.function = BINARY_ADD;
  p.d0 = -1;
  expect_refused("binary", params_of(p), {F32, F32, F32});
  p.d0 = p.d1 = p.d2 = p.d3 = 1 << 30;
  expect_refused("binary", params_of(p), {F32, F32, F32});
  p.d0 = p.d1 = p.d2 = p.d3 = 1;
  p.a_stride5 = -1;
  expect_refused("binary", params_of(p), {F32, F32, F32});
  p.a_stride5 = 1;
  p.act_min = NAN;
  expect_refused("binary", params_of(p), {F32, F32, F32});
  expect_refused("binary", params_of(p), {S8, S8, S8});  // no scales
}

}  // namespace
}  // namespace sinter
