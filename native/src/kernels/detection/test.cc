// detection: a known scene in both modes, random ones for what must always hold.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/detection/op.h"
#include "kernels/nms/overlap.h"

namespace sinter {
namespace {

const std::vector<DataType> types = {F32, F32, F32, F32, F32, F32, F32};

DetectionParams usual() {
  DetectionParams p = {};
  p.boxes = 6;
  p.encoding = 4;
  p.classes = 2;
  p.columns = 3;
  p.max_detections = 3;
  p.classes_per_detection = 1;
  p.detections_per_class = 100;
  p.score_threshold = 0.0f;
  p.iou_threshold = 0.5f;
  p.y_scale = p.x_scale = 10;
  p.h_scale = p.w_scale = 5;
  return p;
}

struct Result {
  std::vector<float> boxes, classes, scores;
  float count;
};

Result run(const DetectionParams& p, const std::vector<float>& encodings, const std::vector<float>& scores,
           const std::vector<float>& anchors) {
  const size_t places = static_cast<size_t>(p.max_detections * p.classes_per_detection);
  Case c;
  c.name = "detection";
  c.op = "detection";
  c.params = params_of(p);
  c.types = types;
  c.inputs = {bytes_of(encodings), bytes_of(scores), bytes_of(anchors)};
  c.out_bytes_of = {static_cast<int64_t>(16 * places), static_cast<int64_t>(4 * places),
                    static_cast<int64_t>(4 * places), 4};
  const Bytes bytes = run_reference(c);
  Result r = {std::vector<float>(4 * places), std::vector<float>(places), std::vector<float>(places), -1};
  if (places > 0) {
    memcpy(r.boxes.data(), bytes.data(), 16 * places);
    memcpy(r.classes.data(), bytes.data() + 16 * places, 4 * places);
    memcpy(r.scores.data(), bytes.data() + 20 * places, 4 * places);
  }
  memcpy(&r.count, bytes.data() + 24 * places, 4);
  return r;
}

// Anchors of size 1; pairs of boxes that nearly cover each other.
const std::vector<float> encodings = {0, 0, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
const std::vector<float> anchors = {0.5f, 0.5f,  1, 1, 0.5f, 0.5f,  1, 1, 0.5f, 0.5f,   1, 1,
                                    0.5f, 10.5f, 1, 1, 0.5f, 10.5f, 1, 1, 0.5f, 100.5f, 1, 1};
const std::vector<float> scores = {0, 0.9f,  0.8f,  0, 0.75f, 0.72f, 0, 0.6f, 0.5f,
                                   0, 0.93f, 0.95f, 0, 0.5f,  0.4f,  0, 0.3f, 0.2f};

TEST(Detection, Fast) {
  const Result r = run(usual(), encodings, scores, anchors);
  EXPECT_EQ(r.count, 3);
  EXPECT_EQ(r.classes, (std::vector<float>{1, 0, 0}));
  EXPECT_EQ(r.scores, (std::vector<float>{0.95f, 0.9f, 0.3f}));
  EXPECT_EQ(r.boxes, (std::vector<float>{0, 10, 1, 11, 0, 0, 1, 1, 0, 100, 1, 101}));
  DetectionParams p = usual();
  p.classes_per_detection = 3;
  const Result more = run(p, encodings, scores, anchors);
  EXPECT_EQ(more.classes, (std::vector<float>{1, 0, 0, 0, 1, 0, 0, 1, 0}));
  EXPECT_EQ(more.scores, (std::vector<float>{0.95f, 0.93f, 0, 0.9f, 0.8f, 0, 0.3f, 0.2f, 0}));
}

TEST(Detection, Regular) {
  DetectionParams p = usual();
  p.regular = 1;
  const Result r = run(p, encodings, scores, anchors);
  EXPECT_EQ(r.count, 3);
  EXPECT_EQ(r.classes, (std::vector<float>{1, 0, 0}));
  EXPECT_EQ(r.scores, (std::vector<float>{0.95f, 0.93f, 0.9f}));
  p.detections_per_class = 1;
  EXPECT_EQ(run(p, encodings, scores, anchors).scores, (std::vector<float>{0.95f, 0.93f, 0}));
}

TEST(Detection, WhatIsKeptIsApartAndInOrder) {
  for (uint64_t seed = 0; seed < 60; seed++) {
    Random random(seed);
    DetectionParams p = usual();
    p.boxes = static_cast<int32_t>(random.integer(1, 50));
    p.encoding = static_cast<int32_t>(random.integer(4, 6));
    p.classes = static_cast<int32_t>(random.integer(1, 5));
    p.columns = p.classes + static_cast<int32_t>(random.integer(0, 1));
    p.max_detections = static_cast<int32_t>(random.integer(0, 20));
    p.regular = static_cast<int32_t>(seed % 2);
    p.score_threshold = 0.3f;
    const Result r = run(p, random.f32(int64_t{p.boxes} * p.encoding, -2, 2),
                         random.f32(int64_t{p.boxes} * p.columns, 0, 1), random.f32(int64_t{4} * p.boxes, 0.2f, 1));
    for (size_t i = 0; i < static_cast<size_t>(r.count); i++) {
      ASSERT_GE(r.scores[i], p.score_threshold);
      ASSERT_LT(r.classes[i], static_cast<float>(p.classes));
      for (size_t j = 0; j < i; j++) {
        ASSERT_GE(r.scores[j], r.scores[i]);
        if (p.regular && r.classes[i] != r.classes[j]) continue;
        ASSERT_LE(overlap(&r.boxes[4 * i], &r.boxes[4 * j]), p.iou_threshold);
      }
    }
  }
}

TEST(Detection, RefusesHostileParameters) {
  const auto refused = [](void (*change)(DetectionParams*)) {
    DetectionParams p = usual();
    change(&p);
    expect_refused("detection", params_of(p), types);
  };
  refused([](DetectionParams* p) { p->boxes = 0; });
  refused([](DetectionParams* p) { p->boxes = INT32_MAX; });
  refused([](DetectionParams* p) { p->encoding = 3; });
  refused([](DetectionParams* p) { p->classes = 0; });
  refused([](DetectionParams* p) { p->columns = 4; });
  refused([](DetectionParams* p) { p->columns = 1; });
  refused([](DetectionParams* p) { p->classes = p->columns = INT32_MAX; });
  refused([](DetectionParams* p) { p->max_detections = -1; });
  refused([](DetectionParams* p) { p->classes_per_detection = 0; });
  refused([](DetectionParams* p) { p->detections_per_class = 0; });
  refused([](DetectionParams* p) { p->regular = 2; });
  refused([](DetectionParams* p) { p->score_threshold = NAN; });
  refused([](DetectionParams* p) { p->iou_threshold = 0; });
  refused([](DetectionParams* p) { p->iou_threshold = 1.5f; });
}

}  // namespace
}  // namespace sinter
