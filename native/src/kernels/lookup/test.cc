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
    LookupParams p = {count, 256};
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
    Case c;
    c.name = "bytes by a table";
    c.op = "lookup";
    c.params = params_of(p);
    c.types = {U8, U8, U8};
    c.inputs = {Bytes(in.data(), in.data() + count), table};
    c.out_bytes = count;
    run_differential(c);
  }
}

TEST(Lookup, DrawsLinesBetweenEntries) {
  std::vector<int16_t> table(513), in(65536);
  for (int i = 0; i < 513; i++)
    table[static_cast<size_t>(i)] = static_cast<int16_t>(i % 2 ? 1000 - i * 32 : i * 30 - 15000);
  for (int i = 0; i < 65536; i++) in[static_cast<size_t>(i)] = static_cast<int16_t>(i - 32768);
  Case c;
  c.name = "all 65536 inputs";
  c.op = "lookup";
  c.params = params_of(LookupParams{65536, 513});
  c.types = {S16, S16, S16};
  c.inputs = {bytes_of(in), bytes_of(table)};
  c.out_bytes = 131072;
  run_differential(c);
  const Bytes bytes = run_reference(c);
  for (const int32_t count : {0, 1, 15, 16, 17, 1000, 20001}) {
    c.params = params_of(LookupParams{count, 513});
    c.inputs[0] = bytes_of(std::vector<int16_t>(in.begin(), in.begin() + count));
    c.out_bytes = 2 * count;
    run_differential(c);
  }
  for (int i = 0; i < 65536; i++) {
    int16_t out;
    memcpy(&out, &bytes[static_cast<size_t>(2 * i)], 2);
    const size_t j = static_cast<size_t>(i) / 128;
    const double line = table[j] + (table[j + 1] - table[j]) * (i % 128) / 128.0;
    ASSERT_NEAR(out, line, 0.5) << i;
  }
}

// From the greatest number to the least: the step wraps around.
TEST(Lookup, LinesThatPass16BitsWrap) {
  std::vector<int16_t> table(513, -32768), in = {-32768, -32768 + 64};
  table[0] = 32767;
  std::vector<int16_t> out(2);
  const LookupParams p = {2, 513};
  void* slots[] = {in.data(), table.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  for (const char* name : {"lookup_s16_reference", "lookup_s16_avx2"}) {
    const RowDef* row = find_row(name);
    if (!row || !row_runs_here(row)) continue;
    row->run(&call);
    EXPECT_EQ(out, (std::vector<int16_t>{32767, -32768}));  // 32767 + (1 * 64 + 64) / 128
  }
}

TEST(Lookup, FindsEveryEntryOf16Bits) {
  std::vector<int16_t> table(65536), in(65536);
  for (int i = 0; i < 65536; i++) {
    in[static_cast<size_t>(i)] = static_cast<int16_t>(i * 7);
    table[static_cast<size_t>(i)] = static_cast<int16_t>(i * 3 + 1);
  }
  Case c;
  c.name = "all 65536 inputs";
  c.op = "lookup";
  c.params = params_of(LookupParams{65536, 65536});
  c.types = {S16, S16, S16};
  c.inputs = {bytes_of(in), bytes_of(table)};
  c.out_bytes = 131072;
  const Bytes bytes = run_reference(c);
  for (size_t i = 0; i < 65536; i++) {
    int16_t out;
    memcpy(&out, &bytes[2 * i], 2);
    ASSERT_EQ(out, table[static_cast<size_t>(in[i] + 32768)]);
  }
}

TEST(Lookup, RefusesHostileParameters) {
  LookupParams p = {-1, 256};
  expect_refused("lookup", params_of(p), {U8, U8, U8});
  p = {1, 513};
  expect_refused("lookup", params_of(p), {U8, U8, U8});
  p = {1, 256};
  expect_refused("lookup", params_of(p), {S16, S16, S16});
}

}  // namespace
}  // namespace sinter
