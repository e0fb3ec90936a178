// strided: random arrangements, all element sizes, both rows.
// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/strided/op.h"

namespace sinter {
namespace {

// A case that reads `d` out of a larger box, permuted, some dimensions backwards or repeated.
Case make_case(Random& random, int largest) {
  StridedParams p = {};
  p.element_bytes = 1 << random.integer(0, 3);
  const int rank = static_cast<int>(random.integer(1, 5));
  int order[STRIDED_RANK];
  for (int k = 0; k < STRIDED_RANK; k++) order[k] = k;
  for (int k = STRIDED_RANK - rank; k < STRIDED_RANK - 1; k++) {
    std::swap(order[k], order[random.integer(k, STRIDED_RANK - 1)]);
  }
  int32_t* d = &p.d0;
  for (int k = 0; k < STRIDED_RANK; k++) {
    d[k] = k < STRIDED_RANK - rank ? 1 : static_cast<int32_t>(random.integer(1, largest));
  }
  if (random.integer(0, 40) == 0) d[random.integer(0, 7)] = 0;
  int32_t step = 1, out_step = 1;
  for (int k = STRIDED_RANK - 1; k >= 0; k--) {
    const int from = order[k];
    (&p.out_stride0)[k] = out_step;
    out_step *= (d[k] ? d[k] : 1) + (random.integer(0, 5) == 0 ? 1 : 0);
    const int32_t kind = static_cast<int32_t>(random.integer(0, 9));
    if (kind == 0) continue;  // repeated: the stride is 0
    const int32_t skip = kind == 1 ? 2 : 1;
    (&p.in_stride0)[from] = step * skip;
    if (kind == 2) {
      p.in_offset += step * (d[from] ? d[from] - 1 : 0);
      (&p.in_stride0)[from] = -step;
    }
    step *= (d[from] ? d[from] : 1) * skip + (random.integer(0, 5) == 0 ? 1 : 0);
  }
  p.in_offset += static_cast<int32_t>(random.integer(0, 3));
  p.out_offset = static_cast<int32_t>(random.integer(0, 3));
  Case c;
  c.name = "strided of " + std::to_string(p.element_bytes) + " bytes";
  c.op = "strided";
  c.params = params_of(p);
  c.types = {U8, U8};
  int64_t needed[MAX_SLOTS] = {};
  EXPECT_EQ(find_row("strided_u8_reference")->op->check(&p, find_row("strided_u8_reference"), needed), SINTER_OK);
  c.inputs = {bytes_of(random.s8(needed[STRIDED_IN]))};
  c.out_bytes = needed[STRIDED_OUT];
  return c;
}

TEST(Strided, SmallArrangements) {
  Random random(91);
  for (int i = 0; i < 400; i++) run_differential(make_case(random, 4));
}

TEST(Strided, LargerArrangements) {
  Random random(92);
  for (int i = 0; i < 40; i++) {
    Case c = make_case(random, 40);
    if (c.out_bytes < 4000000) run_differential(c);
  }
}

TEST(Strided, RefusesHostileParameters) {
  StridedParams p = {};
  for (int k = 0; k < STRIDED_RANK; k++) {
    (&p.d0)[k] = 1;
    (&p.in_stride0)[k] = (&p.out_stride0)[k] = 1;
  }
  p.element_bytes = 3;
  expect_refused("strided", params_of(p), {U8, U8});
  p.element_bytes = 4;
  p.in_offset = -1;
  expect_refused("strided", params_of(p), {U8, U8});
  p.in_offset = 0;
  p.d3 = 5;
  p.in_stride3 = -1;
  expect_refused("strided", params_of(p), {U8, U8});
  p.in_stride3 = 1;
  p.out_stride3 = 0;  // five elements in one place
  expect_refused("strided", params_of(p), {U8, U8});
  p.d3 = -5;
  expect_refused("strided", params_of(p), {U8, U8});
}

}  // namespace
}  // namespace sinter
