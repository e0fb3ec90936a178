// The contract of layout: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/layout/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef LayoutParams P;
const Field fields[] = {SINTER_LAYOUT_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.height < 0 || p.width < 0 || p.channels < 1 || p.channels > INT32_MAX - 3) {
    return fail(SINTER_INVALID_ARGUMENT, "layout: %d x %d pixels with %d channels", p.height, p.width, p.channels);
  }
  if (p.pitch < p.width) {
    return fail(SINTER_INVALID_ARGUMENT, "layout: pitch %d is less than width %d", p.pitch, p.width);
  }
  if (p.fill < -128 || p.fill > 127) {
    return fail(SINTER_INVALID_ARGUMENT, "layout: fill %d is not an int8", p.fill);
  }
  const int64_t plain = checked_product<3>({p.height, p.width, p.channels});
  const int64_t quads = checked_product<4>({p.height, (p.channels + 3) / 4, p.pitch, 4});
  if (plain < 0 || quads < 0) return fail(SINTER_INVALID_ARGUMENT, "layout: sizes overflow");
  slot_bytes[LAYOUT_IN] = row->layout_in == NHWC ? plain : quads;
  slot_bytes[LAYOUT_OUT] = row->layout_out == NHWC ? plain : quads;
  return SINTER_OK;
}

}  // namespace

extern const OpDef layout_op;
const OpDef layout_op = {"layout", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, LAYOUT_SLOTS, check};

}  // namespace sinter
