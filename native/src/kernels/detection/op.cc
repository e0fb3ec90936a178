// The contract of detection: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/detection/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef DetectionParams P;
const Field fields[] = {SINTER_DETECTION_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"encodings", SLOT_IN},  {"scores", SLOT_IN},       {"anchors", SLOT_IN},
                         {"out_boxes", SLOT_OUT}, {"out_classes", SLOT_OUT}, {"out_scores", SLOT_OUT},
                         {"count", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const int32_t most = 1 << 24;
  if (p.boxes < 1 || p.boxes > most || p.encoding < 4 || p.classes < 1 || p.columns < p.classes ||
      p.columns - p.classes > 1 || p.max_detections < 0 || p.max_detections > most || p.classes_per_detection < 1 ||
      p.classes_per_detection > most || p.detections_per_class < 1 || p.regular < 0 || p.regular > 1) {
    return fail(
        SINTER_INVALID_ARGUMENT,
        "detection: boxes %d, encoding %d, classes %d, columns %d, max_detections %d, classes_per_detection %d, "
        "detections_per_class %d, regular %d",
        p.boxes, p.encoding, p.classes, p.columns, p.max_detections, p.classes_per_detection, p.detections_per_class,
        p.regular);
  }
  if (p.score_threshold != p.score_threshold || !(p.iou_threshold > 0 && p.iou_threshold <= 1)) {
    return fail(SINTER_INVALID_ARGUMENT, "detection: score_threshold %g, iou_threshold %g", p.score_threshold,
                p.iou_threshold);
  }
  const int64_t detections = int64_t{p.max_detections} * p.classes_per_detection;
  slot_bytes[DETECTION_ENCODINGS] = checked_product<3>({p.boxes, p.encoding, 4});
  slot_bytes[DETECTION_SCORES] = checked_product<3>({p.boxes, p.columns, 4});
  slot_bytes[DETECTION_ANCHORS] = int64_t{16} * p.boxes;
  slot_bytes[DETECTION_OUT_BOXES] = checked_product<2>({detections, 16});
  slot_bytes[DETECTION_OUT_CLASSES] = slot_bytes[DETECTION_OUT_SCORES] = checked_product<2>({detections, 4});
  slot_bytes[DETECTION_COUNT] = 4;
  for (int i = 0; i < DETECTION_SLOTS; i++) {
    if (slot_bytes[i] < 0) return fail(SINTER_INVALID_ARGUMENT, "detection: sizes overflow");
  }
  // An index is box * columns + column.
  if (checked_product<2>({p.boxes, p.columns}) > INT32_MAX) {
    return fail(SINTER_INVALID_ARGUMENT, "detection: %d boxes with %d scores", p.boxes, p.columns);
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef detection_op;
const OpDef detection_op = {"detection",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                            DETECTION_SLOTS, check};

}  // namespace sinter
