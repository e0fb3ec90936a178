// update_slice against plain loops, with starts far outside.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/catalogue.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/update_slice/op.h"

namespace sinter {
namespace {

template <class T>
void try_one(Random& random, const char* row_name) {
  UpdateSliceParams p = {};
  p.element_bytes = 1 << random.integer(0, 3);
  p.rank = static_cast<int32_t>(random.integer(0, 3));
  T start[3];
  int64_t at[3] = {}, d[3] = {1, 1, 1}, u[3] = {1, 1, 1};
  for (int k = 0; k < UPDATE_RANK; k++) {
    const int axis = k - (UPDATE_RANK - p.rank), box = k - (UPDATE_RANK - 3);
    (&p.d0)[k] = axis < 0 ? 1 : static_cast<int32_t>(random.integer(1, 5));
    (&p.u0)[k] = axis < 0 ? 1 : static_cast<int32_t>(random.integer(random.integer(0, 9) ? 1 : 0, (&p.d0)[k]));
    if (box >= 0) d[box] = (&p.d0)[k], u[box] = (&p.u0)[k];
    if (axis < 0) continue;
    start[axis] =
        static_cast<T>(random.integer(0, 9) ? random.integer(-2, 6) : random.integer(-2147483647, 2147483647));
    at[box] = std::max<int64_t>(0, std::min<int64_t>(start[axis], (&p.d0)[k] - (&p.u0)[k]));
  }
  const RowDef* row = find_row(row_name);
  int64_t needed[MAX_SLOTS];
  ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  std::vector<int8_t> update = random.s8(needed[UPDATE_IN]), out = random.s8(needed[UPDATE_OUT]), expected = out;
  for (int64_t i = 0; i < u[0] * u[1] * u[2] * p.element_bytes; i++) {
    const int64_t byte = i % p.element_bytes, e = i / p.element_bytes;
    const int64_t z = at[2] + e % u[2], y = at[1] + e / u[2] % u[1], x = at[0] + e / u[2] / u[1];
    expected[static_cast<size_t>(((x * d[1] + y) * d[2] + z) * p.element_bytes + byte)] =
        update[static_cast<size_t>(i)];
  }
  void* slots[] = {update.data(), start, out.data()};
  const Call call = {&p, slots, nullptr, nullptr, nullptr};
  row->run(&call);
  ASSERT_EQ(out, expected);
  Case c;
  c.name = row_name;
  c.op = "update_slice";
  c.params = params_of(p);
  c.types = {U8, row->types[UPDATE_START], U8};
  c.inputs = {bytes_of(update), bytes_of(std::vector<T>(start, start + p.rank))};
  c.out_bytes = needed[UPDATE_OUT];
  run_differential(c);
}

TEST(UpdateSlice, WritesTheBoxAndNothingElse) {
  Random random(18);
  for (int i = 0; i < 500; i++) {
    try_one<int32_t>(random, "update_slice_u8s32_reference");
    try_one<int64_t>(random, "update_slice_u8s64_reference");
  }
}

TEST(UpdateSlice, RefusesHostileParameters) {
  const UpdateSliceParams good = {4, 2, 1, 1, 1, 1, 1, 1, 5, 5, 1, 1, 1, 1, 1, 1, 2, 3};
  for (auto spoil : {+[](UpdateSliceParams* p) { p->rank = 9; }, +[](UpdateSliceParams* p) { p->rank = 1; },
                     +[](UpdateSliceParams* p) { p->u7 = 6; }, +[](UpdateSliceParams* p) { p->u7 = -1; },
                     +[](UpdateSliceParams* p) { p->element_bytes = 0; },
                     +[](UpdateSliceParams* p) {
                       p->rank = 8;
                       p->d0 = p->d1 = p->d2 = p->d3 = 2147483647;
                     }}) {
    UpdateSliceParams p = good;
    spoil(&p);
    expect_refused("update_slice", params_of(p), {U8, S32, U8});
  }
}

}  // namespace
}  // namespace sinter
