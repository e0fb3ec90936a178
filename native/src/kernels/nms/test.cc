// nms: known cases, and random ones against a plain search.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/nms/op.h"
#include "kernels/nms/overlap.h"

namespace sinter {
namespace {

const std::vector<DataType> types = {F32, F32, S32, F32, S32};

struct Result {
  std::vector<int32_t> indices;
  std::vector<float> scores;
};

Result run(const NmsParams& p, const std::vector<float>& boxes, const std::vector<float>& scores) {
  Case c;
  c.name = "nms";
  c.op = "nms";
  c.params = params_of(p);
  c.types = types;
  c.inputs = {bytes_of(boxes), bytes_of(scores)};
  c.out_bytes_of = {int64_t{4} * p.max_output, int64_t{4} * p.max_output, 4};
  const Bytes bytes = run_reference(c);
  const size_t most = static_cast<size_t>(p.max_output);
  Result r = {std::vector<int32_t>(most), std::vector<float>(most)};
  int32_t count = -1;
  if (most > 0) {
    memcpy(r.indices.data(), bytes.data(), 4 * most);
    memcpy(r.scores.data(), bytes.data() + 4 * most, 4 * most);
  }
  memcpy(&count, bytes.data() + 8 * most, 4);
  EXPECT_LE(count, p.max_output);
  for (size_t i = static_cast<size_t>(count); i < most; i++) EXPECT_TRUE(r.indices[i] == 0 && r.scores[i] == 0);
  r.indices.resize(static_cast<size_t>(count));
  r.scores.resize(static_cast<size_t>(count));
  return r;
}

TEST(Nms, StrikesOutWhatOverlaps) {
  // Three pairs: nearly the same box twice, and the last pair with corners swapped.
  const std::vector<float> boxes = {0, 0,  1, 1,  0, 0.1f,  1, 1.1f,  0, -0.1f, 1, 0.9f,
                                    0, 10, 1, 11, 1, 11.1f, 0, 10.1f, 0, 100,   1, 101};
  const std::vector<float> scores = {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f};
  NmsParams p = {6, 6, 0.5f, 0.0f, 0.0f};
  EXPECT_EQ(run(p, boxes, scores).indices, (std::vector<int32_t>{3, 0, 5}));
  p.max_output = 2;
  EXPECT_EQ(run(p, boxes, scores).indices, (std::vector<int32_t>{3, 0}));
  p = {6, 6, 0.5f, 0.4f, 0.0f};
  EXPECT_EQ(run(p, boxes, scores).indices, (std::vector<int32_t>{3, 0}));
  p = {6, 6, 1.0f, 0.0f, 0.5f};
  const Result soft = run(p, boxes, scores);
  EXPECT_EQ(soft.indices, (std::vector<int32_t>{3, 0, 1, 5, 4, 2}));
  EXPECT_NEAR(soft.scores[2], 0.75 * exp(-pow(0.9 / 1.1, 2)), 1e-4);
  p = {0, 4, 0.5f, 0.0f, 0.0f};
  EXPECT_TRUE(run(p, {}, {}).indices.empty());
}

TEST(Nms, IsAGreedySearch) {
  for (uint64_t seed = 0; seed < 100; seed++) {
    Random random(seed);
    const int32_t n = static_cast<int32_t>(random.integer(1, 60));
    std::vector<float> boxes, scores = random.f32(n, 0, 1);
    for (int32_t i = 0; i < n; i++) {
      const float y = random.real(0, 2), x = random.real(0, 2);
      for (float v : {y, x, y + random.real(0.1f, 1), x + random.real(0.1f, 1)}) boxes.push_back(v);
    }
    const NmsParams p = {n, static_cast<int32_t>(random.integer(0, 40)), random.real(0.1f, 0.9f), random.real(0, 0.5f),
                         0};
    std::vector<int32_t> expected;
    std::vector<bool> gone(static_cast<size_t>(n));
    while (static_cast<int32_t>(expected.size()) < p.max_output) {
      int32_t best = -1;
      for (int32_t i = 0; i < n; i++) {
        const size_t at = static_cast<size_t>(i);
        if (!gone[at] && scores[at] > p.score_threshold &&
            (best < 0 || scores[at] > scores[static_cast<size_t>(best)])) {
          best = i;
        }
      }
      if (best < 0) break;
      expected.push_back(best);
      for (int32_t i = 0; i < n; i++) {
        if (overlap(&boxes[static_cast<size_t>(4 * best)], &boxes[static_cast<size_t>(4 * i)]) >= p.iou_threshold) {
          gone[static_cast<size_t>(i)] = true;
        }
      }
    }
    ASSERT_EQ(run(p, boxes, scores).indices, expected) << seed;
  }
}

TEST(Nms, RefusesHostileParameters) {
  expect_refused("nms", params_of(NmsParams{-1, 1, 0.5f, 0, 0}), types);
  expect_refused("nms", params_of(NmsParams{1, -1, 0.5f, 0, 0}), types);
  expect_refused("nms", params_of(NmsParams{1, 1, NAN, 0, 0}), types);
  expect_refused("nms", params_of(NmsParams{1, 1, 0.5f, NAN, 0}), types);
  expect_refused("nms", params_of(NmsParams{1, 1, 0.5f, 0, -1}), types);
}

}  // namespace
}  // namespace sinter
