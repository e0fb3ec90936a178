// lookup: every entry is found, nothing beside it is touched.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "guarded.h"
#include "kernels/lookup/op.h"

namespace sinter {
namespace {

TEST(Lookup, FindsEveryEntry) {
  const RowDef* row = find_row("lookup_u8_reference");
  Random random(3);
  const Bytes table = bytes_of(random.s8(256));
  for (int32_t count : {0, 1, 17, 256, 40000}) {
    LookupParams p = {count};
    int64_t needed[MAX_SLOTS];
    ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
    GuardedBuffer in(static_cast<size_t>(count), GuardedBuffer::AT_END), entries(256, GuardedBuffer::AT_END);
    GuardedBuffer out(static_cast<size_t>(count), GuardedBuffer::AT_START);
    uint8_t* values = reinterpret_cast<uint8_t*>(in.data());
    for (int32_t i = 0; i < count; i++) values[i] = static_cast<uint8_t>(i * 7);
    memcpy(entries.data(), table.data(), 256);
    void* slots[] = {in.data(), entries.data(), out.data()};
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    row->run(&call);
    for (int32_t i = 0; i < count; i++) ASSERT_EQ(out.data()[i], table[values[i]]);
  }
}

TEST(Lookup, RefusesHostileParameters) {
  LookupParams p = {-1};
  expect_refused("lookup", params_of(p), {U8, U8, U8});
}

}  // namespace
}  // namespace sinter
