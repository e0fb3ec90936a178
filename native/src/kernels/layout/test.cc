// Layout conversions: rows against the reference, there and back again, refusals.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/layout/op.h"

namespace sinter {
namespace {

Case make_case(Random& random, Layout layout_in, int height, int width, int channels, int gap) {
  const LayoutParams p = {height, width, channels, width + gap, static_cast<int32_t>(random.integer(-128, 127))};
  const int64_t plain = int64_t{height} * width * channels;
  const int64_t quads = int64_t{height} * ((channels + 3) / 4) * p.pitch * 4;
  Case c;
  c.name = "layout " + std::to_string(height) + "x" + std::to_string(width) + "x" + std::to_string(channels) + " gap " +
           std::to_string(gap) + (layout_in == NHWC ? " to quads" : " from quads");
  c.op = "layout";
  c.params = params_of(p);
  c.types = {S8, S8};
  c.layout_in = layout_in;
  c.inputs = {bytes_of(random.s8(layout_in == NHWC ? plain : quads))};
  c.out_bytes = layout_in == NHWC ? quads : plain;
  return c;
}

TEST(Layout, BothWaysOverShapesAndGaps) {
  Random random(31);
  for (Layout layout_in : {NHWC, PLANAR_QUADS}) {
    for (int channels : {1, 2, 3, 4, 5, 8, 15, 31, 32, 33, 36, 63, 64, 67, 96}) {
      for (int width : {0, 1, 2, 7, 8, 9, 16, 17, 63, 64, 65, 130}) {
        for (int gap : {0, 1, 5}) {
          run_differential(make_case(random, layout_in, width > 20 ? 1 : 2, width, channels, gap));
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(Layout, ThereAndBackIsTheSame) {
  Random random(32);
  const RowDef* there = find_row("layout_s8_to_quads_reference");
  const RowDef* back = find_row("layout_s8_from_quads_reference");
  for (int channels : {1, 4, 7, 33}) {
    const LayoutParams p = {3, 5, channels, 6, -7};
    int64_t bytes[MAX_SLOTS];
    ASSERT_EQ(there->op->check(&p, there, bytes), SINTER_OK);
    std::vector<int8_t> in = random.s8(bytes[LAYOUT_IN]), out(in.size());
    std::vector<int8_t> quads(static_cast<size_t>(bytes[LAYOUT_OUT]));
    Workers alone = {1, nullptr};
    void* to[] = {in.data(), quads.data()};
    void* from[] = {quads.data(), out.data()};
    const Call first = {&p, to, nullptr, &alone}, second = {&p, from, nullptr, &alone};
    there->run(&first);
    back->run(&second);
    EXPECT_EQ(in, out);
    // Channel 1 of the last pixel of row 2, if there is one; the gap holds the fill.
    if (channels > 1) {
      const int64_t row = 2 * ((channels + 3) / 4) * 6 * 4;
      EXPECT_EQ(quads[static_cast<size_t>(row + 4 * 4 + 1)], in[static_cast<size_t>((2 * 5 + 4) * channels + 1)]);
      EXPECT_EQ(quads[static_cast<size_t>(row + 5 * 4)], -7);
    }
  }
}

TEST(Layout, RefusesHostileParameters) {
  for (const LayoutParams& p :
       {LayoutParams{-1, 2, 3, 2, 0}, LayoutParams{1, -2, 3, 2, 0}, LayoutParams{1, 2, 0, 2, 0},
        LayoutParams{1, 2, INT32_MAX, 2, 0}, LayoutParams{1, 2, 3, 1, 0}, LayoutParams{1, 2, 3, 2, 128},
        LayoutParams{1, 2, 3, 2, -129}, LayoutParams{INT32_MAX, INT32_MAX, 1 << 20, INT32_MAX, 0}}) {
    expect_refused("layout", params_of(p), {S8, S8});
  }
}

}  // namespace
}  // namespace sinter
