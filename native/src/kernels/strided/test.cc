// strided: random arrangements, and lengths around those of vectors; all element sizes, all rows.
// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/strided/op.h"

namespace sinter {
namespace {

Case case_of(Random& random, const StridedParams& p) {
  Case c;
  c.op = "strided";
  c.params = params_of(p);
  c.types = {U8, U8};
  int64_t needed[MAX_SLOTS] = {};
  EXPECT_EQ(find_row("strided_u8_reference")->op->check(&p, find_row("strided_u8_reference"), needed), SINTER_OK);
  c.inputs = {bytes_of(random.s8(needed[STRIDED_IN]))};
  c.out_bytes = needed[STRIDED_OUT];
  return c;
}

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
  Case c = case_of(random, p);
  c.name = "strided of " + std::to_string(p.element_bytes) + " bytes";
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

// The last dimensions as they are written, those before of one element.
struct Dimension {
  int64_t size, in_stride, out_stride;
};
Case dimensions(Random& random, int32_t bytes, int64_t in_offset, const std::vector<Dimension>& last) {
  StridedParams p = {};
  p.element_bytes = bytes;
  p.in_offset = static_cast<int32_t>(in_offset);
  for (int k = 0; k < STRIDED_RANK; k++) {
    const int at = k - STRIDED_RANK + static_cast<int>(last.size());
    const Dimension d = at < 0 ? Dimension{1, 0, 0} : last[static_cast<size_t>(at)];
    (&p.d0)[k] = static_cast<int32_t>(d.size);
    (&p.in_stride0)[k] = static_cast<int32_t>(d.in_stride);
    (&p.out_stride0)[k] = static_cast<int32_t>(d.out_stride);
  }
  return case_of(random, p);
}

// Channels of pixels to planes and back, with every number of pixels around what vectors take; gaps on either side.
TEST(Strided, FewChannels) {
  Random random(93);
  for (int32_t bytes : {1, 2, 4, 8}) {
    for (int64_t channels : {1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 17}) {
      for (int64_t pixels = 1; pixels <= 101; pixels += pixels < 36 ? 1 : 5) {
        const int64_t gap = pixels % 5 == 0 ? random.integer(1, 3) : 0, wide = channels + gap, tall = pixels + gap;
        for (Case c : {dimensions(random, bytes, 0,
                                  {{2, pixels * wide, channels * tall}, {channels, 1, tall}, {pixels, wide, 1}}),
                       dimensions(random, bytes, 0,
                                  {{2, channels * tall, pixels * wide}, {pixels, 1, wide}, {channels, tall, 1}}),
                       dimensions(random, bytes, 0, {{pixels, wide, 1}, {channels, 1, tall}})}) {
          c.name = std::to_string(pixels) + " pixels of " + std::to_string(channels) + " channels of " +
                   std::to_string(bytes);
          run_differential(c);
          if (HasFailure()) return;
        }
      }
    }
  }
}

// Dimensions in the reverse order: what lies side by side in the input is not among the last two of the output.
TEST(Strided, DimensionsInReverse) {
  Random random(95);
  for (int32_t bytes : {1, 2, 4, 8}) {
    for (int64_t n : {1, 3, 4, 8, 15, 16, 17, 33}) {
      const int64_t m = 20 - n / 2;
      Case c = dimensions(random, bytes, 0, {{n, 1, 5 * m}, {5, n, m}, {m, 5 * n, 1}});
      c.name = std::to_string(n) + " by 5 by " + std::to_string(m) + " elements of " + std::to_string(bytes);
      run_differential(c);
    }
  }
}

// Runs and rows read backwards of every length around what vectors take, in more and in fewer dimensions.
TEST(Strided, RunsOfEveryLength) {
  Random random(94);
  for (int32_t bytes : {1, 2, 4, 8}) {
    for (int64_t n = 1; n <= 72; n++) {
      const int64_t gap = n % 3 == 0 ? random.integer(1, 3) : 0, row = n + gap;
      for (Case c : {dimensions(random, bytes, 0, {{5, 2 * row, 4 * row}, {2, 10 * row, row}, {n, 1, 1}}),
                     dimensions(random, bytes, 0, {{5, 2 * row, 4 * row}, {2, 10 * row, row}, {n, 0, 1}}),
                     dimensions(random, bytes, 0, {{2, 9 * n, 9 * row}, {9, n, row}, {n, 1, 1}}),
                     dimensions(random, bytes, n - 1, {{17, n, n}, {n, -1, 1}}),
                     dimensions(random, bytes, n - 1, {{3, 7 * row, row}, {2, row, 3 * row}, {n, -1, 1}})}) {
        c.name = std::to_string(n) + " elements of " + std::to_string(bytes);
        run_differential(c);
        if (HasFailure()) return;
      }
    }
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
