// The contract of resize: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"
#include "kernels/resize/scratch.h"

namespace sinter {
namespace {

typedef ResizeParams P;
const Field fields[] = {SINTER_RESIZE_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

bool is_side(int32_t size) {
  return size >= 1 && size <= RESIZE_LARGEST;
}

bool is_flag(int32_t value) {
  return value == 0 || value == 1;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (!is_side(p.height) || !is_side(p.width) || !is_side(p.out_height) || !is_side(p.out_width)) {
    return fail(SINTER_INVALID_ARGUMENT, "resize: %d x %d to %d x %d; sides are 1 .. %d", p.height, p.width,
                p.out_height, p.out_width, RESIZE_LARGEST);
  }
  if (!is_flag(p.nearest) || !is_flag(p.align_corners) || !is_flag(p.half_pixel_centers)) {
    return fail(SINTER_INVALID_ARGUMENT, "resize: nearest, align_corners and half_pixel_centers are 0 or 1");
  }
  const DataType type = row->types[RESIZE_IN];
  const int64_t bytes = element_bytes(type);
  slot_bytes[RESIZE_IN] = checked_product<5>({p.batch, p.height, p.width, p.channels, bytes});
  slot_bytes[RESIZE_OUT] = checked_product<5>({p.batch, p.out_height, p.out_width, p.channels, bytes});
  if (slot_bytes[RESIZE_IN] < 0 || slot_bytes[RESIZE_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "resize: a size is negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef resize_op;
const OpDef resize_op = {"resize", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, RESIZE_SLOTS, check};

int64_t resize_bytes_scratch(const void* params, int threads) {
  return threads * resize_room(*static_cast<const ResizeParams*>(params)).bytes;
}
int64_t resize_floats_scratch(const void* params, int threads) {
  return threads * resize_floats_room(*static_cast<const ResizeParams*>(params)).bytes;
}

}  // namespace sinter
