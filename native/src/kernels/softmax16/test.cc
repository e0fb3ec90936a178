// softmax16: rows against each other, and near the real softmax.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/softmax16/op.h"

namespace sinter {
namespace {

std::vector<int32_t> tables() {
  std::vector<int32_t> t;
  for (int i = 0; i <= 512; i++) t.push_back(static_cast<int32_t>(fmin(32767, round(32768 * exp(-10 + i / 51.2)))));
  for (int i = 0; i <= 512; i++) t.push_back(static_cast<int32_t>(fmin(32767, round(32768 / (1 + i / 512.0)))));
  return t;
}

TEST(Softmax16, EveryDepth) {
  Random random(61);
  for (int32_t depth = 0; depth < 140; depth++) {
    const int32_t rows = depth % 4 + 1;
    const Softmax16Params p = {rows, depth, depth % 3 == 0 ? 1.7f : 1.0f, random.real(0.00001f, 0.002f)};
    std::vector<int16_t> in(static_cast<size_t>(rows * depth));
    for (int16_t& x : in) x = static_cast<int16_t>(random.integer(-32768, 32767));
    Case c;
    c.name = "softmax16";
    c.op = "softmax16";
    c.params = params_of(p);
    c.types = {S16, S32, S16};
    c.inputs = {bytes_of(in), bytes_of(tables())};
    c.out_bytes = int64_t{2} * rows * depth;
    run_differential(c);
    const Bytes out = run_reference(c);
    for (int32_t r = 0; r < rows; r++) {
      const int16_t* x = in.data() + r * depth;
      double largest = -32768, sum = 0;
      for (int32_t i = 0; i < depth; i++) largest = fmax(largest, x[i]);
      for (int32_t i = 0; i < depth; i++) sum += exp((x[i] - largest) * static_cast<double>(p.in_scale * p.beta));
      for (int32_t i = 0; i < depth; i++) {
        int16_t y;
        memcpy(&y, &out[2 * static_cast<size_t>(r * depth + i)], 2);
        const double real = 32768 * exp((x[i] - largest) * static_cast<double>(p.in_scale * p.beta)) / sum;
        // Within a quarter of a percent: lines lie off the curve, and each small term of the sum by half a step.
        ASSERT_NEAR(y, real, 80 + 0.5 * depth) << depth;
      }
    }
  }
}

// Scales by which one step down is next to nothing, and those that wrap: the largest has all but nothing, at least.
TEST(Softmax16, LargeScales) {
  for (const float scale : {1.0f, 4.9f, 5.1f, 100.0f}) {
    const Softmax16Params p = {1, 3, 1.0f, scale};
    Case c;
    c.name = "large scale";
    c.op = "softmax16";
    c.params = params_of(p);
    c.types = {S16, S32, S16};
    c.inputs = {bytes_of(std::vector<int16_t>{-30, 0, -25}), bytes_of(tables())};
    c.out_bytes = 6;
    run_differential(c);
    const Bytes out = run_reference(c);
    int16_t y[3];
    memcpy(y, out.data(), 6);
    EXPECT_GT(y[1], 32600) << static_cast<double>(scale);
    EXPECT_LE(y[0], 2);
  }
}

// Tables that no lowering makes: nothing but the result may suffer.
TEST(Softmax16, HostileTables) {
  Random random(62);
  for (const int32_t value : {0, -1, INT32_MAX, INT32_MIN}) {
    const Softmax16Params p = {1, 9, 1.0f, 0.001f};
    Case c;
    c.name = "hostile";
    c.op = "softmax16";
    c.params = params_of(p);
    c.types = {S16, S32, S16};
    c.inputs = {bytes_of(std::vector<int16_t>(9, 3)), bytes_of(std::vector<int32_t>(1026, value))};
    c.out_bytes = 18;
    run_differential(c);
  }
}

TEST(Softmax16, RefusesHostileParameters) {
  Softmax16Params p = {-1, 3, 1.0f, 0.001f};
  expect_refused("softmax16", params_of(p), {S16, S32, S16});
  p.rows = 1;
  p.depth = 70000;
  expect_refused("softmax16", params_of(p), {S16, S32, S16});
  p.depth = 3;
  for (const float scale : {0.0f, -1.0f, NAN, INFINITY, 65536.0f}) {
    p.in_scale = scale;
    expect_refused("softmax16", params_of(p), {S16, S32, S16});
  }
}

}  // namespace
}  // namespace sinter
