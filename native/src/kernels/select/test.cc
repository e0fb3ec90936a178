// select against its own definition, element by element; all element sizes, random repetition.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <memory>
#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "guarded.h"
#include "kernels/select/op.h"

namespace sinter {
namespace {

TEST(Select, TakesFromTheRightSide) {
  const RowDef* row = find_row("select_u8_reference");
  Random random(51);
  for (int trial = 0; trial < 200; trial++) {
    SelectParams p = {};
    p.element_bytes = 1 << random.integer(0, 3);
    int32_t step[3] = {1, 1, 1}, total = 1;
    int32_t* strides[3] = {&p.condition_stride0, &p.a_stride0, &p.b_stride0};
    for (int k = SELECT_RANK - 1; k >= 0; k--) {
      const int32_t d = (&p.d0)[k] = static_cast<int32_t>(random.integer(1, k == 5 ? 19 : 3));
      total *= d;
      for (int s = 0; s < 3; s++) {
        if (random.integer(0, 3) == 0) continue;
        strides[s][k] = step[s];
        step[s] *= d;
      }
    }
    int64_t needed[MAX_SLOTS];
    ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
    std::vector<Bytes> in;
    std::vector<std::unique_ptr<GuardedBuffer>> guarded;
    void* slots[4];
    for (int s = 0; s < 4; s++) {
      in.push_back(bytes_of(random.s8(needed[s])));
      if (s == 0) {
        for (char& c : in[0]) c &= 1;
      }
      guarded.push_back(std::make_unique<GuardedBuffer>(in.back().size(), GuardedBuffer::AT_END));
      memcpy(guarded.back()->data(), in.back().data(), in.back().size());
      slots[s] = guarded.back()->data();
    }
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    row->run(&call);
    for (int32_t i = 0; i < total; i++) {
      int32_t rest = i, at[3] = {};
      for (int k = SELECT_RANK - 1; k >= 0; k--) {
        for (int s = 0; s < 3; s++) at[s] += rest % (&p.d0)[k] * strides[s][k];
        rest /= (&p.d0)[k];
      }
      const size_t side = in[0][static_cast<size_t>(at[0])] ? 1 : 2;
      ASSERT_EQ(
          0, memcmp(static_cast<char*>(slots[3]) + i * p.element_bytes,
                    &in[side][static_cast<size_t>(at[side] * p.element_bytes)], static_cast<size_t>(p.element_bytes)));
    }
    Case c;
    c.name = "select of " + std::to_string(p.element_bytes) + " bytes";
    c.op = "select";
    c.params = params_of(p);
    c.types = {BOOL8, U8, U8, U8};
    c.inputs = {in[0], in[1], in[2]};
    c.out_bytes = needed[SELECT_OUT];
    run_differential(c);
  }
}

TEST(Select, RefusesHostileParameters) {
  SelectParams p = {};
  p.d0 = p.d1 = p.d2 = p.d3 = p.d4 = p.d5 = 1;
  p.element_bytes = 3;
  expect_refused("select", params_of(p), {BOOL8, U8, U8, U8});
  p.element_bytes = 4;
  p.a_stride2 = -1;
  expect_refused("select", params_of(p), {BOOL8, U8, U8, U8});
  p.a_stride2 = 0;
  p.d4 = -1;
  expect_refused("select", params_of(p), {BOOL8, U8, U8, U8});
}

}  // namespace
}  // namespace sinter
