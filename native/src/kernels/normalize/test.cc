// normalize: rows against each other, and near the real values.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/normalize/op.h"

namespace sinter {
namespace {

TEST(Normalize, Bytes) {
  Random random(71);
  for (const DataType type : {S8, U8}) {
    for (int32_t depth = 0; depth < 120; depth++) {
      for (int32_t function : {NORMALIZE_L2, NORMALIZE_LOG_SOFTMAX}) {
        const int32_t rows = depth % 3 + 1, low = type == U8 ? 0 : -128;
        const NormalizeParams p = {function, rows, depth, random.real(0.002f, 0.2f),
                                   static_cast<int32_t>(random.integer(low, low + 255))};
        const std::vector<int8_t> in = random.s8(int64_t{rows} * depth);
        Case c;
        c.name = "normalize";
        c.op = "normalize";
        c.params = params_of(p);
        c.types = {type, type};
        c.inputs = {bytes_of(in)};
        c.out_bytes = int64_t{rows} * depth;
        run_differential(c);
        const Bytes out = run_reference(c);
        const auto value = [&](int8_t x) { return type == U8 ? static_cast<uint8_t>(x) : x; };
        for (int32_t r = 0; r < rows; r++) {
          double squares = 0, sum = 0;
          for (int32_t i = 0; i < depth; i++) {
            const double x = value(in[static_cast<size_t>(r * depth + i)]) - p.in_zero_point;
            squares += x * x;
            sum += exp(x * static_cast<double>(p.in_scale));
          }
          for (int32_t i = 0; i < depth; i++) {
            const size_t at = static_cast<size_t>(r * depth + i);
            const double x = value(in[at]) - p.in_zero_point, scale = static_cast<double>(p.in_scale);
            const double real = function == NORMALIZE_L2 ? low + 128 + (squares > 0 ? 128 * x / sqrt(squares) : 0)
                                                         : low + 255 + 16 * (x * scale - log(sum));
            ASSERT_NEAR(value(static_cast<int8_t>(out[at])), fmin(fmax(real, low), low + 255), 1.01) << depth;
          }
        }
      }
    }
  }
}

TEST(Normalize, Floats) {
  Random random(72);
  for (int32_t depth = 0; depth < 70; depth++) {
    const NormalizeParams p = {NORMALIZE_L2, 3, depth, 0.0f, 0};
    Case c;
    c.name = "normalize";
    c.op = "normalize";
    c.params = params_of(p);
    c.types = {F32, F32};
    std::vector<float> in = random.f32(3 * depth, -2.0f, 2.0f);
    for (int32_t i = 0; i < depth; i++) in[static_cast<size_t>(i)] *= 1e-9f;  // below the least norm
    c.inputs = {bytes_of(in)};
    c.out_bytes = int64_t{12} * depth;
    c.tolerance = {2e-6f};
    run_differential(c);
    const Bytes out = run_reference(c);
    for (int32_t r = 0; r < 3; r++) {
      double squares = 0;
      for (int32_t i = 0; i < depth; i++)
        squares += pow(static_cast<double>(in[static_cast<size_t>(r * depth + i)]), 2);
      for (int32_t i = 0; i < depth; i++) {
        const size_t at = static_cast<size_t>(r * depth + i);
        float y;
        memcpy(&y, &out[4 * at], 4);
        ASSERT_NEAR(y, static_cast<double>(in[at]) / fmax(sqrt(squares), 1e-6), 2e-6);
      }
    }
  }
}

TEST(Normalize, RefusesHostileParameters) {
  NormalizeParams p = {NORMALIZE_L2, -1, 3, 0.1f, 0};
  expect_refused("normalize", params_of(p), {F32, F32});
  p.rows = 1;
  p.function = 2;
  expect_refused("normalize", params_of(p), {S8, S8});
  p.function = NORMALIZE_LOG_SOFTMAX;
  expect_refused("normalize", params_of(p), {F32, F32});
  p.in_scale = NAN;
  expect_refused("normalize", params_of(p), {S8, S8});
  p.in_scale = 0.1f;
  p.in_zero_point = -1;
  expect_refused("normalize", params_of(p), {U8, U8});
  p.in_zero_point = 0;
  p.function = NORMALIZE_L2;
  p.depth = 40000;
  expect_refused("normalize", params_of(p), {S8, S8});
}

}  // namespace
}  // namespace sinter
