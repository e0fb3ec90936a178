// complex_abs: differential tests of its rows, values known beforehand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/complex_abs/op.h"

namespace sinter {
namespace {

Case complex_abs(const std::vector<float>& in) {
  const ComplexAbsParams p = {static_cast<int32_t>(in.size() / 2)};
  Case c;
  c.name = "complex_abs of " + std::to_string(in.size() / 2);
  c.op = "complex_abs";
  c.params = params_of(p);
  c.types = {F32, F32};
  c.inputs = {bytes_of(in)};
  c.out_bytes = static_cast<int64_t>(in.size()) * 2;
  c.tolerance = {0.0f};  // the same roundings
  return c;
}

TEST(ComplexAbs, RowsAgree) {
  Random random(1);
  for (const int64_t count : {0, 1, 2, 3, 4, 5, 63, 1000, 16384, 16385, 16387, 40000}) {
    run_differential(complex_abs(random.f32(2 * count, -9.0f, 9.0f)));
  }
}

TEST(ComplexAbs, KnownValues) {
  // Squares that floats could not hold.
  const Bytes out = run_reference(complex_abs({3, -4, 0, 0, 3e30f, 4e30f, 3e-30f, 4e-30f}));
  float y[4];
  memcpy(y, out.data(), sizeof y);
  EXPECT_EQ(y[0], 5.0f);
  EXPECT_EQ(y[1], 0.0f);
  EXPECT_FLOAT_EQ(y[2], 5e30f);
  EXPECT_FLOAT_EQ(y[3], 5e-30f);
}

TEST(ComplexAbs, HostileParameters) {
  expect_refused("complex_abs", params_of(ComplexAbsParams{-1}), {F32, F32});
}

}  // namespace
}  // namespace sinter
