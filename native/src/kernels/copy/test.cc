// copy against its own definition: there is one row, so the expected bytes are computed here.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/catalogue.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/copy/op.h"

namespace sinter {
namespace {

TEST(Copy, MovesRowsAndNothingElse) {
  Random random(1);
  for (int i = 0; i < 300; i++) {
    CopyParams p = {};
    p.rows = static_cast<int32_t>(random.integer(0, 5));
    p.row_bytes = static_cast<int32_t>(random.integer(0, 70));
    p.in_stride = p.row_bytes + static_cast<int32_t>(random.integer(0, 9));
    p.out_stride = p.row_bytes + static_cast<int32_t>(random.integer(0, 9));
    p.in_offset = static_cast<int32_t>(random.integer(0, 9));
    p.out_offset = static_cast<int32_t>(random.integer(0, 9));
    const RowDef* row = find_row("copy_u8_reference");
    int64_t needed[MAX_SLOTS];
    ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
    std::vector<int8_t> in = random.s8(needed[COPY_IN] + 1), out(static_cast<size_t>(needed[COPY_OUT]) + 8, 7);
    std::vector<int8_t> expected = out;
    for (int r = 0; r < p.rows; r++) {
      for (int b = 0; b < p.row_bytes; b++) {
        expected[static_cast<size_t>(p.out_offset + r * p.out_stride + b)] =
            in[static_cast<size_t>(p.in_offset + r * p.in_stride + b)];
      }
    }
    void* slots[] = {in.data(), out.data()};
    Workers* none = nullptr;
    const Call call = {&p, slots, nullptr, none};
    row->run(&call);
    ASSERT_EQ(out, expected);
    Case c;
    c.name = "copy";
    c.op = "copy";
    c.params = params_of(p);
    c.types = {U8, U8};
    c.inputs = {bytes_of(in)};
    c.out_bytes = needed[COPY_OUT];
    run_differential(c);
  }
}

TEST(Copy, RefusesHostileParameters) {
  CopyParams p = {2, 8, 0, 8, 0, 4};
  expect_refused("copy", params_of(p), {U8, U8});  // rows overlap
  p = {-1, 8, 0, 8, 0, 8};
  expect_refused("copy", params_of(p), {U8, U8});
  p = {1, 8, -4, 8, 0, 8};
  expect_refused("copy", params_of(p), {U8, U8});
}

}  // namespace
}  // namespace sinter
