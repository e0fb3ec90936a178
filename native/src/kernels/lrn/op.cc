// The contract of lrn: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lrn/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef LrnParams P;
const Field fields[] = {SINTER_LRN_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.rows < 0 || p.depth < 1 || p.radius < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "lrn: rows %d, depth %d, radius %d", p.rows, p.depth, p.radius);
  }
  slot_bytes[LRN_IN] = slot_bytes[LRN_OUT] = checked_product<3>({p.rows, p.depth, 4});
  return slot_bytes[LRN_IN] < 0 ? fail(SINTER_INVALID_ARGUMENT, "lrn: sizes overflow") : SINTER_OK;
}

}  // namespace

extern const OpDef lrn_op;
const OpDef lrn_op = {"lrn", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, LRN_SLOTS, check};

}  // namespace sinter
