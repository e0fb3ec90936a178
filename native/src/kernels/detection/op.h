// detection: what an SSD detector says about boxes and classes, made into a list of detections.
// SPDX-License-Identifier: Apache-2.0
//
// Boxes are decoded from their anchors, then non-maximum suppression runs: fast (over each box's best class) or regular
// (per class).
//
// slots    encodings [boxes][encoding] (y, x, h, w first), scores [boxes][columns], anchors [boxes][4] (y, x, h, w),
//          out_boxes [max_detections * classes_per_detection][4], out_classes and out_scores [the same], count [1]
// types    f32 throughout
// numerics tfl.detection
#ifndef SINTER_KERNELS_DETECTION_OP_H_
#define SINTER_KERNELS_DETECTION_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_DETECTION_FIELDS(F) \
  F(i32, boxes, RUN) /* >= 1 */ \
  F(i32, encoding, RUN) /* numbers per box, >= 4 */ \
  F(i32, classes, RUN) /* >= 1 */ \
  F(i32, columns, RUN) /* classes, or one more: a background in front */ \
  F(i32, max_detections, RUN) /* >= 0 */ \
  F(i32, classes_per_detection, RUN) /* >= 1; fast */ \
  F(i32, detections_per_class, RUN) /* >= 1; regular */ \
  F(i32, regular, RUN) /* 0 or 1 */ \
  F(f32, score_threshold, RUN) /* kept from this on */ \
  F(f32, iou_threshold, RUN) /* in (0, 1] */ \
  F(f32, y_scale, RUN) \
  F(f32, x_scale, RUN) \
  F(f32, h_scale, RUN) \
  F(f32, w_scale, RUN)
// clang-format on
SINTER_PARAMS(DetectionParams, SINTER_DETECTION_FIELDS);

enum {
  DETECTION_ENCODINGS,
  DETECTION_SCORES,
  DETECTION_ANCHORS,
  DETECTION_OUT_BOXES,
  DETECTION_OUT_CLASSES,
  DETECTION_OUT_SCORES,
  DETECTION_COUNT,
  DETECTION_SLOTS
};

}  // namespace sinter

#endif  // SINTER_KERNELS_DETECTION_OP_H_
