// The contract of select: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/select/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef SelectParams P;
const Field fields[] = {SINTER_SELECT_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"condition", SLOT_IN}, {"a", SLOT_IN}, {"b", SLOT_IN}, {"out", SLOT_OUT}};

// Elements an operand spans, or -1.
int64_t span(const int32_t* d, const int32_t* strides) {
  int64_t last = 0;
  for (int i = 0; i < SELECT_RANK; i++) {
    if (strides[i] < 0) return -1;
    if (d[i] == 0) return 0;
    last += int64_t{d[i] - 1} * strides[i];  // six products of 31-bit numbers
  }
  return last + 1;
}

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.element_bytes != 1 && p.element_bytes != 2 && p.element_bytes != 4 && p.element_bytes != 8) {
    return fail(SINTER_INVALID_ARGUMENT, "select: element_bytes %d is not 1, 2, 4 or 8", p.element_bytes);
  }
  const int64_t out = checked_product<7>({p.d0, p.d1, p.d2, p.d3, p.d4, p.d5, p.element_bytes});
  if (out < 0) return fail(SINTER_INVALID_ARGUMENT, "select: the dimensions are negative or too large");
  const int64_t c = span(&p.d0, &p.condition_stride0), a = span(&p.d0, &p.a_stride0), b = span(&p.d0, &p.b_stride0);
  if (c < 0 || a < 0 || b < 0) return fail(SINTER_INVALID_ARGUMENT, "select: a stride is negative");
  slot_bytes[SELECT_CONDITION] = c;
  slot_bytes[SELECT_A] = a * p.element_bytes;
  slot_bytes[SELECT_B] = b * p.element_bytes;
  slot_bytes[SELECT_OUT] = out;
  return SINTER_OK;
}

}  // namespace

extern const OpDef select_op;
const OpDef select_op = {"select", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, SELECT_SLOTS, check};

}  // namespace sinter
