// fold against sums and maxima written down here; random dimensions and orders, all types.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <algorithm>
#include <string>

#include "core/catalogue.h"
#include "core/element.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "guarded.h"
#include "kernels/fold/op.h"

namespace sinter {
namespace {

template <class T>
double at(const Bytes& bytes, int64_t i) {
  T value;
  memcpy(&value, &bytes[static_cast<size_t>(i) * sizeof(T)], sizeof(T));
  return static_cast<double>(value);
}

double expected(int function, const std::vector<double>& values) {
  switch (function) {
    case FOLD_SUM: {
      double sum = 0;
      for (double v : values) sum += v;
      return sum;
    }
    case FOLD_MAX:
      return *std::max_element(values.begin(), values.end());
    case FOLD_MIN:
      return *std::min_element(values.begin(), values.end());
    case FOLD_ANY:
      return std::count_if(values.begin(), values.end(), [](double v) { return v != 0; }) > 0;
    case FOLD_ALL:
      return std::count(values.begin(), values.end(), 0.0) == 0;
    case FOLD_ARG_MAX:
      return static_cast<double>(std::max_element(values.begin(), values.end()) - values.begin());
    default:
      return static_cast<double>(std::min_element(values.begin(), values.end()) - values.begin());
  }
}

template <class In, class Out>
void test(const char* name, std::initializer_list<int> functions) {
  const RowDef* row = find_row(name);
  ASSERT_NE(row, nullptr) << name;
  Random random(7);
  for (int function : functions) {
    for (int trial = 0; trial < 30; trial++) {
      FoldParams p = {};
      p.function = function;
      int order[8] = {0, 1, 2, 3, 4, 5, 6, 7};
      for (int k = 0; k < 7; k++) std::swap(order[k], order[random.integer(k, 7)]);
      int32_t step = 1;
      for (int k : order) {
        int32_t* d = k < 4 ? &p.kept0 + k : &p.folded0 + (k - 4);
        *(k < 4 ? &p.kept_stride0 + k : &p.folded_stride0 + (k - 4)) = step;
        *d = static_cast<int32_t>(random.integer(1, random.integer(0, 2) == 0 ? 9 : 2));
        step *= *d;
      }
      int64_t needed[MAX_SLOTS];
      ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK) << name;
      Bytes in = bytes_of(random.s8(needed[FOLD_IN]));
      if (row->types[FOLD_IN] == F32) {
        for (size_t i = 0; i < in.size(); i += 4) {
          const float value = static_cast<float>(random.integer(-40, 40));
          memcpy(&in[i], &value, 4);
        }
      } else if (sizeof(In) >= 4) {  // small, so that doubles hold the sums
        for (size_t i = 0; i < in.size(); i += sizeof(In)) {
          const In value = static_cast<In>(random.integer(-40, 40));
          memcpy(&in[i], &value, sizeof value);
        }
      } else if (row->types[FOLD_IN] == BOOL8) {
        for (char& c : in) c = random.integer(0, 9) == 0;
      }
      GuardedBuffer source(in.size(), GuardedBuffer::AT_END);
      GuardedBuffer target(static_cast<size_t>(needed[FOLD_OUT]), GuardedBuffer::AT_END);
      memcpy(source.data(), in.data(), in.size());
      void* slots[] = {source.data(), target.data()};
      Workers alone = {1, nullptr};
      const Call call = {&p, slots, nullptr, &alone};
      row->run(&call);
      Case c;
      c.name = std::string(name) + " function " + std::to_string(function);
      c.op = "fold";
      c.params = params_of(p);
      c.types = {row->types[FOLD_IN], row->types[FOLD_OUT]};
      c.inputs = {in};
      c.out_bytes = needed[FOLD_OUT];
      run_differential(c);
      Bytes out(static_cast<size_t>(needed[FOLD_OUT]));
      memcpy(out.data(), target.data(), out.size());
      const int64_t kept = int64_t{p.kept0} * p.kept1 * p.kept2 * p.kept3;
      const int64_t folded = int64_t{p.folded0} * p.folded1 * p.folded2 * p.folded3;
      for (int64_t i = 0; i < kept; i++) {
        std::vector<double> values;
        for (int64_t r = 0; r < folded; r++) {
          int64_t rest = i, inner = r, from = 0;
          for (int k = 3; k >= 0; k--) {
            from += rest % (&p.kept0)[k] * (&p.kept_stride0)[k] + inner % (&p.folded0)[k] * (&p.folded_stride0)[k];
            rest /= (&p.kept0)[k];
            inner /= (&p.folded0)[k];
          }
          values.push_back(at<In>(in, from));
        }
        ASSERT_EQ(at<Out>(out, i), expected(function, values)) << name << " function " << function;
      }
    }
  }
}

TEST(Fold, AllTypes) {
  test<float, float>("fold_f32_reference", {FOLD_SUM, FOLD_MAX, FOLD_MIN});
  test<int32_t, int32_t>("fold_s32_reference", {FOLD_SUM, FOLD_MAX, FOLD_MIN, FOLD_ARG_MAX, FOLD_ARG_MIN});
  test<int64_t, int64_t>("fold_s64_reference", {FOLD_SUM, FOLD_MAX, FOLD_MIN});
  test<int8_t, int8_t>("fold_s8_reference", {FOLD_MAX, FOLD_MIN});
  test<uint8_t, uint8_t>("fold_u8_reference", {FOLD_MAX, FOLD_MIN});
  test<int16_t, int16_t>("fold_s16_reference", {FOLD_MAX, FOLD_MIN});
  test<uint8_t, uint8_t>("fold_bool_reference", {FOLD_ANY, FOLD_ALL});
  test<float, int32_t>("fold_f32s32_reference", {FOLD_ARG_MAX, FOLD_ARG_MIN});
  test<int8_t, int32_t>("fold_s8s32_reference", {FOLD_ARG_MAX, FOLD_ARG_MIN});
  test<uint8_t, int32_t>("fold_u8s32_reference", {FOLD_ARG_MAX, FOLD_ARG_MIN});
}

// The last dimension, as classes stand: of every length around what vectors take, with many equal values.
TEST(Fold, PositionsAmongNeighbours) {
  Random random(11);
  for (DataType type : {S8, U8}) {
    for (int function : {FOLD_ARG_MAX, FOLD_ARG_MIN}) {
      for (int n : {1, 2, 7, 15, 16, 17, 21, 31, 32, 33, 63, 64, 65, 100, 255, 256, 257, 300, 511, 512, 513, 1000}) {
        for (int values : {2, 9, 256}) {
          FoldParams p = {};
          p.function = function;
          p.kept0 = p.folded0 = p.folded1 = p.folded2 = 1;
          p.kept1 = 3;
          p.kept2 = 2;
          p.kept3 = 5;
          p.folded3 = n;
          p.folded_stride3 = 1;
          p.kept_stride3 = n;
          p.kept_stride1 = 5 * n;  // the dimensions in another order
          p.kept_stride2 = 15 * n;
          Case c;
          c.name = std::to_string(n) + " of " + std::to_string(values) + " values";
          c.op = "fold";
          c.params = params_of(p);
          c.types = {type, S32};
          Bytes in = bytes_of(random.s8(30 * n));
          for (char& byte : in) {
            byte = static_cast<char>(values == 256 ? byte : static_cast<int>(random.integer(0, values - 1)) * 120);
          }
          c.inputs = {in};
          c.out_bytes = 30 * 4;
          run_differential(c);
          if (HasFailure()) return;
        }
      }
    }
  }
}

// Results side by side, and folded values side by side, of every length around what vectors take; a second dimension
// of either kind; floats with NaNs and infinities.
void lengths(DataType in_type, DataType out_type, std::initializer_list<int> functions) {
  Random random(13);
  const int64_t bytes = element_bytes(in_type);
  for (int function : functions) {
    for (int n : {1, 2, 3, 5, 8, 9, 15, 16, 17, 31, 33, 47, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257, 500}) {
      for (bool columns : {true, false}) {
        FoldParams p = {function, 2, 1, 3, 1, 0, 0, 0, 0, 1, 3, 1, 1, 0, 0, 0, 0};
        (columns ? p.kept3 : p.folded3) = n;
        (columns ? p.kept_stride3 : p.folded_stride3) = 1;
        (columns ? p.folded3 : p.kept3) = 5;
        (columns ? p.folded_stride3 : p.kept_stride3) = n + 1;  // a gap after each row
        p.folded_stride1 = 5 * (n + 1);
        p.kept_stride2 = 15 * (n + 1);
        p.kept_stride0 = 45 * (n + 1);
        Case c;
        c.name =
            std::to_string(n) + (columns ? " columns, function " : " in a run, function ") + std::to_string(function);
        c.op = "fold";
        c.params = params_of(p);
        c.types = {in_type, out_type};
        const int64_t count = 90 * (n + 1);
        Bytes in = bytes_of(random.s8(count * bytes));
        for (int64_t i = 0; i < count && in_type == F32; i++) {
          const int64_t kind = random.integer(0, 30);
          const float value = kind == 0                           ? NAN
                              : kind == 1                         ? -INFINITY
                              : kind == 2 && function != FOLD_SUM ? INFINITY
                                                                  : static_cast<float>(random.integer(-40, 40));
          memcpy(&in[static_cast<size_t>(i) * 4], &value, 4);
        }
        for (char& byte : in) byte = in_type == BOOL8 ? random.integer(0, 40) == 0 : byte;
        c.inputs = {in};
        c.out_bytes = int64_t{2 * 3} * (columns ? n : 5) * element_bytes(out_type);
        run_differential(c);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(Fold, EveryLength) {
  lengths(F32, F32, {FOLD_SUM, FOLD_PRODUCT, FOLD_MAX, FOLD_MIN});
  lengths(S32, S32, {FOLD_SUM, FOLD_PRODUCT, FOLD_MAX, FOLD_MIN, FOLD_ARG_MAX, FOLD_ARG_MIN});
  lengths(S8, S8, {FOLD_MAX, FOLD_MIN});
  lengths(U8, U8, {FOLD_MAX, FOLD_MIN});
  lengths(S16, S16, {FOLD_MAX, FOLD_MIN});
  lengths(BOOL8, BOOL8, {FOLD_ANY, FOLD_ALL});
  lengths(F32, S32, {FOLD_ARG_MAX, FOLD_ARG_MIN});
}

TEST(Fold, RefusesHostileParameters) {
  FoldParams p = {};
  p.kept0 = p.kept1 = p.kept2 = p.kept3 = p.folded0 = p.folded1 = p.folded2 = p.folded3 = 1;
  p.function = FOLD_FUNCTIONS;
  expect_refused("fold", params_of(p), {F32, F32});
  p.function = FOLD_SUM;
  p.folded2 = -1;
  expect_refused("fold", params_of(p), {F32, F32});
  p.folded2 = 1;
  p.kept_stride1 = -1;
  expect_refused("fold", params_of(p), {F32, F32});
  p.kept_stride1 = 1;
  expect_refused("fold", params_of(p), {S8, S8});  // no sums of bytes
  p.function = FOLD_ARG_MAX;
  p.folded3 = 0;
  expect_refused("fold", params_of(p), {F32, S32});  // no position among none
}

}  // namespace
}  // namespace sinter
