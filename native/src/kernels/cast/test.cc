// cast: examples of every kind of conversion.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/float_mode.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "guarded.h"
#include "kernels/cast/op.h"

namespace sinter {
namespace {

template <class From, class To>
void expect_cast(int from, int to, const std::vector<From>& in, const std::vector<To>& expected) {
  const RowDef* row = find_row("cast_u8_reference");
  CastParams p = {from, to, static_cast<int32_t>(in.size())};
  int64_t needed[MAX_SLOTS];
  ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  ASSERT_EQ(needed[CAST_OUT], static_cast<int64_t>(expected.size() * sizeof(To)));
  GuardedBuffer source(in.size() * sizeof(From), GuardedBuffer::AT_END);
  GuardedBuffer target(expected.size() * sizeof(To), GuardedBuffer::AT_END);
  if (!in.empty()) memcpy(source.data(), in.data(), in.size() * sizeof(From));
  void* slots[] = {source.data(), target.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  row->run(&call);
  for (size_t i = 0; i < expected.size(); i++) {
    To value;
    memcpy(&value, static_cast<char*>(target.data()) + i * sizeof(To), sizeof(To));
    ASSERT_EQ(value, expected[i]) << "from " << from << " to " << to << " at " << i;
  }
}

TEST(Cast, EveryKind) {
  expect_cast<float, int32_t>(CAST_F32, CAST_S32, {1.9f, -1.9f, 3e9f, NAN}, {1, -1, INT32_MIN, INT32_MIN});
  expect_cast<float, int64_t>(CAST_F32, CAST_S64, {1.9f, 3e9f, 1e30f}, {1, 3000000000ll, INT64_MIN});
  expect_cast<float, uint8_t>(CAST_F32, CAST_U8, {7.9f, 255.0f}, {7, 255});
  expect_cast<float, uint8_t>(CAST_F32, CAST_BOOL, {0.0f, 0.5f, -1.0f}, {0, 1, 1});
  expect_cast<int8_t, float>(CAST_S8, CAST_F32, {-128, 5}, {-128.0f, 5.0f});
  expect_cast<uint8_t, float>(CAST_U8, CAST_F32, {255, 5}, {255.0f, 5.0f});
  expect_cast<uint8_t, int64_t>(CAST_BOOL, CAST_S64, {1, 0}, {1, 0});
  expect_cast<int64_t, int32_t>(CAST_S64, CAST_S32, {-7, 1ll << 33}, {-7, 0});
  expect_cast<int32_t, int16_t>(CAST_S32, CAST_S16, {-7, 70000}, {-7, 4464});
  expect_cast<int16_t, int8_t>(CAST_S16, CAST_S8, {-7, 300}, {-7, 44});
}

// All pairs of types, of whatever bytes, by every row.
TEST(Cast, EveryRow) {
  FlushDenormals guard;  // as in a run, and in its workers: a denormal is 0
  Random random(3);
  for (int from = 0; from < CAST_TYPES; from++) {
    for (int to = 0; to < CAST_TYPES; to++) {
      for (int count : {0, 1, 13, 64, 1030}) {
        Case c;
        c.name = "cast from " + std::to_string(from) + " to " + std::to_string(to);
        c.op = "cast";
        c.params = params_of(CastParams{from, to, count});
        c.types = {U8, U8};
        c.inputs = {bytes_of(random.s8(count * cast_type_bytes(from)))};
        c.out_bytes = count * cast_type_bytes(to);
        run_differential(c);
      }
    }
  }
}

TEST(Cast, RefusesHostileParameters) {
  CastParams p = {CAST_F32, CAST_TYPES, 1};
  expect_refused("cast", params_of(p), {U8, U8});
  p = {-1, CAST_F32, 1};
  expect_refused("cast", params_of(p), {U8, U8});
  p = {CAST_F32, CAST_F32, -1};
  expect_refused("cast", params_of(p), {U8, U8});
}

}  // namespace
}  // namespace sinter
