// quantize from int4 and half precision to floats: rows agree to the bit, values known beforehand.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

Case make_case(DataType type, const Bytes& in, int32_t count, float scale, int32_t zero_point) {
  const QuantizeParams p = {count, scale, zero_point, 1.0f, 0};
  Case c;
  c.name = "type " + std::to_string(type) + ", " + std::to_string(count);
  c.op = "quantize";
  c.params = params_of(p);
  c.types = {type, F32};
  c.inputs = {in};
  c.out_bytes = int64_t{4} * count;
  c.tolerance = {0.0f};
  return c;
}

TEST(QuantizeNarrow, RowsAgree) {
  Random random(161);
  for (const int32_t count : {0, 1, 2, 7, 8, 9, 15, 16, 17, 1000, 1001}) {
    run_differential(make_case(S4, bytes_of(random.s8((count + 1) / 2)), count, 0.3f, count % 5 - 2));
    run_differential(make_case(F16, bytes_of(random.s8(2 * count)), count, 1.0f, 0));
  }
}

TEST(QuantizeNarrow, KnownValues) {
  const Bytes nibbles = run_reference(make_case(S4, {static_cast<char>(0x87), 0x1f}, 3, 0.5f, 1));
  const Bytes halves = run_reference(make_case(F16, {0, 0x3c, 0, static_cast<char>(0xc2)}, 2, 1.0f, 0));
  const float expected[] = {3.0f, -4.5f, -1.0f, 1.0f, -3.0f};
  EXPECT_EQ(0, memcmp(nibbles.data(), expected, 12));
  EXPECT_EQ(0, memcmp(halves.data(), expected + 3, 8));
}

TEST(QuantizeNarrow, HostileParameters) {
  expect_refused("quantize", params_of(QuantizeParams{4, 1.0f, 8, 1.0f, 0}), {S4, F32});
  expect_refused("quantize", params_of(QuantizeParams{4, 2.0f, 0, 1.0f, 0}), {F16, F32});
  expect_refused("quantize", params_of(QuantizeParams{-1, 1.0f, 0, 1.0f, 0}), {F16, F32});
}

}  // namespace
}  // namespace sinter
