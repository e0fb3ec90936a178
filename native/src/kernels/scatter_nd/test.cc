// scatter_nd against sums written down here, all types; faults.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/scatter_nd/op.h"

namespace sinter {
namespace {

template <class T>
void try_one(Random& random, const char* row_name) {
  ScatterNdParams p = {};
  p.count = static_cast<int32_t>(random.integer(0, 9));
  p.slice = static_cast<int32_t>(random.integer(0, 9) == 0 ? random.integer(0, 9000) : random.integer(1, 40));
  p.depth = static_cast<int32_t>(random.integer(0, 3));
  int64_t slices = 1;
  for (int k = 0; k < SCATTER_DEPTH; k++) {
    (&p.d0)[k] = k < p.depth ? static_cast<int32_t>(random.integer(1, 5)) : 1;
    slices *= (&p.d0)[k];
  }
  const RowDef* row = find_row(row_name);
  int64_t needed[MAX_SLOTS];
  ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
  std::vector<int32_t> index;
  for (int64_t i = 0; i < int64_t{p.count} * p.depth; i++) {
    index.push_back(static_cast<int32_t>(random.integer(0, (&p.d0)[i % p.depth] - 1)));
  }
  std::vector<T> update(static_cast<size_t>(p.count) * static_cast<size_t>(p.slice));
  const bool truth = row->types[SCATTER_OUT] == BOOL8;
  for (T& x : update) x = static_cast<T>(truth ? random.integer(0, 1) : random.integer(-90, 90));
  std::vector<T> expected(static_cast<size_t>(slices * p.slice));
  for (int64_t i = 0; i < p.count; i++) {
    int64_t at = 0;
    for (int k = 0; k < p.depth; k++) at = at * (&p.d0)[k] + index[static_cast<size_t>(i * p.depth + k)];
    for (int64_t s = 0; s < p.slice; s++) {
      T& to = expected[static_cast<size_t>(at * p.slice + s)];
      const T x = update[static_cast<size_t>(i * p.slice + s)];
      to = truth ? static_cast<T>(to != 0 || x != 0) : static_cast<T>(to + x);
    }
  }
  Case c;
  c.name = row_name;
  c.op = "scatter_nd";
  c.params = params_of(p);
  c.types = {S32, row->types[SCATTER_UPDATE], row->types[SCATTER_OUT]};
  c.inputs = {bytes_of(index), bytes_of(update)};
  c.out_bytes = needed[SCATTER_OUT];
  run_differential(c);
  ASSERT_EQ(run_reference(c), bytes_of(expected)) << row_name;
  if (index.empty()) return;
  const size_t bad = static_cast<size_t>(random.integer(0, static_cast<int64_t>(index.size()) - 1));
  for (int32_t value : {-1, (&p.d0)[bad % static_cast<size_t>(p.depth)]}) {
    index[bad] = value;
    c.inputs[0] = bytes_of(index);
    c.fault = "index " + std::to_string(value) + " is not in";
    run_differential(c);
  }
}

TEST(ScatterNd, AddsWhereIndicesSayAndRefusesThoseOutside) {
  Random random(29);
  for (int i = 0; i < 150; i++) {
    try_one<float>(random, "scatter_nd_f32_reference");
    try_one<int32_t>(random, "scatter_nd_s32_reference");
    try_one<int64_t>(random, "scatter_nd_s64_reference");
    try_one<int8_t>(random, "scatter_nd_s8_reference");
    try_one<uint8_t>(random, "scatter_nd_u8_reference");
    try_one<uint8_t>(random, "scatter_nd_bool_reference");
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ScatterNd, RefusesHostileParameters) {
  const ScatterNdParams good = {4, 4, 1, 5, 1, 1, 1, 1, 1, 1, 1};
  for (auto spoil : {+[](ScatterNdParams* p) { p->depth = 9; }, +[](ScatterNdParams* p) { p->depth = -1; },
                     +[](ScatterNdParams* p) { p->depth = 0; }, +[](ScatterNdParams* p) { p->d0 = -5; },
                     +[](ScatterNdParams* p) { p->slice = -4; }, +[](ScatterNdParams* p) { p->count = -1; },
                     +[](ScatterNdParams* p) { p->count = p->d0 = p->slice = 2147483647; }}) {
    ScatterNdParams p = good;
    spoil(&p);
    expect_refused("scatter_nd", params_of(p), {S32, F32, F32});
  }
}

}  // namespace
}  // namespace sinter
