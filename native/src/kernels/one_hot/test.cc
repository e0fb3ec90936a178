// one_hot against its definition, all sizes of elements; indices outside.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <limits>
#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/one_hot/op.h"

namespace sinter {
namespace {

template <class Index>
void try_one(Random& random, const char* row_name) {
  OneHotParams p = {};
  p.element_bytes = 1 << random.integer(0, 3);
  p.outer = static_cast<int32_t>(random.integer(0, 9));
  p.depth = static_cast<int32_t>(random.integer(0, 40));
  p.inner = static_cast<int32_t>(random.integer(0, 3) == 0 ? random.integer(0, 20) : 1);
  const RowDef* row = find_row(row_name);
  int64_t needed[MAX_SLOTS];
  ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  std::vector<Index> index;
  for (int64_t i = 0; i < int64_t{p.outer} * p.inner; i++) {
    index.push_back(static_cast<Index>(random.integer(-2, p.depth + 1)));
    if (random.integer(0, 9) == 0) index.back() = std::numeric_limits<Index>::min() + p.depth / 2;
  }
  Case c;
  c.name = row_name;
  c.op = "one_hot";
  c.params = params_of(p);
  c.types = {row->types[ONE_HOT_INDEX], U8, U8, U8};
  c.inputs = {bytes_of(index), bytes_of(random.s8(p.element_bytes)), bytes_of(random.s8(p.element_bytes))};
  c.out_bytes = needed[ONE_HOT_OUT];
  run_differential(c);
  Bytes expected;
  for (int o = 0; o < p.outer; o++) {
    for (int d = 0; d < p.depth; d++) {
      for (int i = 0; i < p.inner; i++) {
        const Bytes& value = c.inputs[index[static_cast<size_t>(o * p.inner + i)] == d ? 1 : 2];
        expected.insert(expected.end(), value.begin(), value.end());
      }
    }
  }
  ASSERT_EQ(run_reference(c), expected);
}

TEST(OneHot, PutsWhatIndicesSay) {
  Random random(19);
  for (int i = 0; i < 300; i++) {
    try_one<int32_t>(random, "one_hot_s32_reference");
    try_one<int64_t>(random, "one_hot_s64_reference");
  }
}

TEST(OneHot, RefusesHostileParameters) {
  const OneHotParams good = {4, 2, 3, 4};
  for (auto spoil : {+[](OneHotParams* p) { p->element_bytes = 3; }, +[](OneHotParams* p) { p->depth = -1; },
                     +[](OneHotParams* p) { p->outer = -1; },
                     +[](OneHotParams* p) { p->outer = p->depth = p->inner = 2147483647; }}) {
    OneHotParams p = good;
    spoil(&p);
    expect_refused("one_hot", params_of(p), {S32, U8, U8, U8});
  }
}

}  // namespace
}  // namespace sinter
