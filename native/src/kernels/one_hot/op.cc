// The contract of one_hot: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/one_hot/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef OneHotParams P;
const Field fields[] = {SINTER_ONE_HOT_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"index", SLOT_IN}, {"on", SLOT_IN}, {"off", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.element_bytes != 1 && p.element_bytes != 2 && p.element_bytes != 4 && p.element_bytes != 8) {
    return fail(SINTER_INVALID_ARGUMENT, "one_hot: element_bytes %d is not 1, 2, 4 or 8", p.element_bytes);
  }
  slot_bytes[ONE_HOT_INDEX] = checked_product<3>({p.outer, p.inner, element_bytes(row->types[ONE_HOT_INDEX])});
  slot_bytes[ONE_HOT_ON] = slot_bytes[ONE_HOT_OFF] = p.element_bytes;
  slot_bytes[ONE_HOT_OUT] = checked_product<4>({p.outer, p.depth, p.inner, p.element_bytes});
  if (slot_bytes[ONE_HOT_INDEX] < 0 || slot_bytes[ONE_HOT_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "one_hot: a size is negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef one_hot_op;
const OpDef one_hot_op = {"one_hot", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, ONE_HOT_SLOTS, check};

}  // namespace sinter
