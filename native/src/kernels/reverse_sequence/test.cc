// reverse_sequence against its definition; lengths outside.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/reverse_sequence/op.h"

namespace sinter {
namespace {

template <class T>
void try_one(Random& random, const char* row_name) {
  ReverseSequenceParams p = {};
  p.outer = static_cast<int32_t>(random.integer(0, 3));
  p.batch = static_cast<int32_t>(random.integer(1, 5));
  p.sequence = static_cast<int32_t>(random.integer(0, 9));
  p.mid = static_cast<int32_t>(random.integer(1, 3));
  p.inner_bytes = static_cast<int32_t>(random.integer(0, 3) == 0 ? random.integer(0, 400) : random.integer(1, 40));
  p.batch_first = random.integer(0, 1) == 1;
  const RowDef* row = find_row(row_name);
  int64_t needed[MAX_SLOTS];
  ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  const std::vector<int8_t> in = random.s8(needed[REVERSE_IN]);
  std::vector<T> length;
  for (int b = 0; b < p.batch; b++) length.push_back(static_cast<T>(random.integer(0, p.sequence)));
  Case c;
  c.name = row_name;
  c.op = "reverse_sequence";
  c.params = params_of(p);
  c.types = {U8, row->types[REVERSE_LENGTH], U8};
  c.inputs = {bytes_of(in), bytes_of(length)};
  c.out_bytes = needed[REVERSE_OUT];
  run_differential(c);
  Bytes expected;
  const int first = p.batch_first ? p.batch : p.sequence, second = p.batch_first ? p.sequence : p.batch;
  for (int o = 0; o < p.outer; o++) {
    for (int i = 0; i < first; i++) {
      for (int m = 0; m < p.mid; m++) {
        for (int j = 0; j < second; j++) {
          const int b = p.batch_first ? i : j, s = p.batch_first ? j : i;
          const int n = static_cast<int>(length[static_cast<size_t>(b)]), from = s < n ? n - 1 - s : s;
          const int at = ((o * first + (p.batch_first ? i : from)) * p.mid + m) * second + (p.batch_first ? from : j);
          const auto begin = c.inputs[0].begin() + int64_t{at} * p.inner_bytes;
          expected.insert(expected.end(), begin, begin + p.inner_bytes);
        }
      }
    }
  }
  ASSERT_EQ(run_reference(c), expected);
  for (const T value : {static_cast<T>(-1), static_cast<T>(p.sequence + 1)}) {
    length[static_cast<size_t>(random.integer(0, p.batch - 1))] = value;
    c.inputs[1] = bytes_of(length);
    c.fault = "length ";
    run_differential(c);
  }
}

TEST(ReverseSequence, TurnsWhatLengthsSayAndRefusesThoseOutside) {
  Random random(37);
  for (int i = 0; i < 300; i++) {
    try_one<int32_t>(random, "reverse_sequence_s32_reference");
    try_one<int64_t>(random, "reverse_sequence_s64_reference");
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ReverseSequence, RefusesHostileParameters) {
  const ReverseSequenceParams good = {1, 2, 3, 1, 4, 1};
  for (auto spoil :
       {+[](ReverseSequenceParams* p) { p->batch_first = 2; }, +[](ReverseSequenceParams* p) { p->mid = -1; },
        +[](ReverseSequenceParams* p) { p->outer = p->batch = p->sequence = 2147483647; }}) {
    ReverseSequenceParams p = good;
    spoil(&p);
    expect_refused("reverse_sequence", params_of(p), {U8, S32, U8});
  }
}

}  // namespace
}  // namespace sinter
