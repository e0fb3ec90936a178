// The contract of complex_abs: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/complex_abs/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef ComplexAbsParams P;
const Field fields[] = {SINTER_COMPLEX_ABS_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.count < 0) return fail(SINTER_INVALID_ARGUMENT, "complex_abs: count %d", p.count);
  slot_bytes[COMPLEX_ABS_IN] = int64_t{8} * p.count;
  slot_bytes[COMPLEX_ABS_OUT] = int64_t{4} * p.count;
  return SINTER_OK;
}

}  // namespace

extern const OpDef complex_abs_op;
const OpDef complex_abs_op = {"complex_abs",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                              COMPLEX_ABS_SLOTS, check};

}  // namespace sinter
