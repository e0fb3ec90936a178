// nms: the boxes with the highest scores that do not overlap too much with a better one.
// SPDX-License-Identifier: Apache-2.0
//
// Corners of a box in any order: y1, x1, y2, x2. With sigma > 0 overlap lowers a score instead of striking the box out.
//
// slots    boxes [boxes][4], scores [boxes], indices [max_output], selected [max_output] (their scores), count [1];
// what
//          is behind `count` entries is 0
// types    f32 f32 s32 f32 s32
// numerics tfl.nms
#ifndef SINTER_KERNELS_NMS_OP_H_
#define SINTER_KERNELS_NMS_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_NMS_FIELDS(F) \
  F(i32, boxes, RUN) /* >= 0 */ \
  F(i32, max_output, RUN) /* >= 0 */ \
  F(f32, iou_threshold, RUN) /* a box is struck out from this overlap on */ \
  F(f32, score_threshold, RUN) /* scores must be above */ \
  F(f32, sigma, RUN) /* >= 0; 0: none */
// clang-format on
SINTER_PARAMS(NmsParams, SINTER_NMS_FIELDS);

enum { NMS_BOXES, NMS_SCORES, NMS_INDICES, NMS_SELECTED, NMS_COUNT, NMS_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_NMS_OP_H_
