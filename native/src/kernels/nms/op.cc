// The contract of nms: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/nms/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef NmsParams P;
const Field fields[] = {SINTER_NMS_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {
    {"boxes", SLOT_IN}, {"scores", SLOT_IN}, {"indices", SLOT_OUT}, {"selected", SLOT_OUT}, {"count", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.boxes < 0 || p.max_output < 0 || p.iou_threshold != p.iou_threshold || p.score_threshold != p.score_threshold ||
      !(p.sigma >= 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "nms: boxes %d, max_output %d, iou_threshold %g, score_threshold %g, sigma %g",
                p.boxes, p.max_output, p.iou_threshold, p.score_threshold, p.sigma);
  }
  slot_bytes[NMS_BOXES] = int64_t{16} * p.boxes;
  slot_bytes[NMS_SCORES] = int64_t{4} * p.boxes;
  slot_bytes[NMS_INDICES] = slot_bytes[NMS_SELECTED] = int64_t{4} * p.max_output;
  slot_bytes[NMS_COUNT] = 4;
  return SINTER_OK;
}

}  // namespace

extern const OpDef nms_op;
const OpDef nms_op = {"nms", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, NMS_SLOTS, check};

}  // namespace sinter
