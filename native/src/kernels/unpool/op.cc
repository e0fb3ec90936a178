// The contract of unpool: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/unpool/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef UnpoolParams P;
const Field fields[] = {SINTER_UNPOOL_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"values", SLOT_IN}, {"places", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.kernel_h < 1 || p.kernel_w < 1 || checked_product<2>({p.kernel_h, p.kernel_w}) > INT32_MAX) {
    return fail(SINTER_INVALID_ARGUMENT, "unpool: windows of %d x %d", p.kernel_h, p.kernel_w);
  }
  slot_bytes[UNPOOL_VALUES] = checked_product<5>({p.batch, p.in_h, p.in_w, p.channels, 4});
  slot_bytes[UNPOOL_PLACES] = slot_bytes[UNPOOL_VALUES];
  slot_bytes[UNPOOL_OUT] = checked_product<7>({p.batch, p.in_h, p.in_w, p.channels, p.kernel_h, p.kernel_w, 4});
  return slot_bytes[UNPOOL_VALUES] < 0 || slot_bytes[UNPOOL_OUT] < 0
             ? fail(SINTER_INVALID_ARGUMENT, "unpool: %d x %d x %d x %d values", p.batch, p.in_h, p.in_w, p.channels)
             : SINTER_OK;
}

}  // namespace

extern const OpDef unpool_op;
const OpDef unpool_op = {"unpool", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, UNPOOL_SLOTS, check};

}  // namespace sinter
