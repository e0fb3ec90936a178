// gather against plain loops over its definition; faults.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gather/op.h"

namespace sinter {
namespace {

Workers alone = {1, nullptr};

template <class T>
void try_one(Random& random, const char* row_name) {
  GatherParams p = {};
  p.batch = static_cast<int32_t>(random.integer(1, 3));
  p.outer = static_cast<int32_t>(random.integer(1, 3));
  p.positions = static_cast<int32_t>(random.integer(0, 9));
  p.slice_bytes = static_cast<int32_t>(random.integer(1, 12));
  p.depth = static_cast<int32_t>(random.integer(0, 3));
  int64_t slices = 1;
  for (int k = 0; k < GATHER_DEPTH; k++) {
    (&p.d0)[k] = k < p.depth ? static_cast<int32_t>(random.integer(1, 5)) : 1;
    slices *= (&p.d0)[k];
  }
  const RowDef* row = find_row(row_name);
  int64_t needed[MAX_SLOTS];
  ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  std::vector<int8_t> in = random.s8(needed[GATHER_IN]);
  std::vector<T> index;
  for (int64_t i = 0; i < int64_t{p.batch} * p.positions; i++) {
    for (int k = 0; k < p.depth; k++) index.push_back(static_cast<T>(random.integer(0, (&p.d0)[k] - 1)));
  }
  ASSERT_EQ(static_cast<int64_t>(index.size() * sizeof(T)), needed[GATHER_INDEX]);
  std::vector<int8_t> out(static_cast<size_t>(needed[GATHER_OUT]), 7), expected;
  for (int b = 0; b < p.batch; b++) {
    for (int o = 0; o < p.outer; o++) {
      for (int i = 0; i < p.positions; i++) {
        int64_t at = 0;
        for (int k = 0; k < p.depth; k++) {
          at = at * (&p.d0)[k] + index[static_cast<size_t>((b * p.positions + i) * p.depth + k)];
        }
        const int8_t* from = in.data() + ((b * p.outer + o) * slices + at) * p.slice_bytes;
        expected.insert(expected.end(), from, from + p.slice_bytes);
      }
    }
  }
  Fault fault = {nullptr, 0, 0};
  void* slots[] = {in.data(), index.data(), out.data()};
  const Call call = {&p, slots, nullptr, &alone, &fault};
  row->run(&call);
  ASSERT_EQ(fault.what, nullptr);
  ASSERT_EQ(out, expected);
  Case c;
  c.name = "gather";
  c.op = "gather";
  c.params = params_of(p);
  c.types = {U8, row->types[GATHER_INDEX], U8};
  c.inputs = {bytes_of(in), bytes_of(index)};
  c.out_bytes = needed[GATHER_OUT];
  run_differential(c);
  if (index.empty()) return;
  const std::vector<int8_t> before = out;
  const size_t bad = static_cast<size_t>(random.integer(0, static_cast<int64_t>(index.size()) - 1));
  const int32_t limit = (&p.d0)[bad % static_cast<size_t>(p.depth)];
  for (T value : {static_cast<T>(-1), static_cast<T>(limit)}) {
    index[bad] = value;
    fault.what = nullptr;
    row->run(&call);
    ASSERT_NE(fault.what, nullptr);
    ASSERT_EQ(fault.value, value);
    ASSERT_EQ(fault.limit, limit);
    ASSERT_EQ(out, before);
    c.inputs[1] = bytes_of(index);
    c.fault = "index " + std::to_string(value) + " is not in";
    run_differential(c);
  }
}

TEST(Gather, TakesWhatIndicesSayAndRefusesThoseOutside) {
  Random random(17);
  for (int i = 0; i < 300; i++) {
    try_one<int16_t>(random, "gather_u8s16_reference");
    try_one<int32_t>(random, "gather_u8s32_reference");
    try_one<int64_t>(random, "gather_u8s64_reference");
  }
}

TEST(Gather, RefusesHostileParameters) {
  const GatherParams good = {1, 1, 4, 4, 1, 5, 1, 1, 1, 1, 1, 1, 1};
  for (auto spoil : {+[](GatherParams* p) { p->depth = 9; }, +[](GatherParams* p) { p->depth = -1; },
                     +[](GatherParams* p) { p->depth = 0; }, +[](GatherParams* p) { p->d0 = -5; },
                     +[](GatherParams* p) { p->slice_bytes = -4; }, +[](GatherParams* p) { p->positions = -1; },
                     +[](GatherParams* p) { p->batch = p->outer = p->d0 = p->slice_bytes = 2147483647; }}) {
    GatherParams p = good;
    spoil(&p);
    expect_refused("gather", params_of(p), {U8, S32, U8});
  }
}

}  // namespace
}  // namespace sinter
