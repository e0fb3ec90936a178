// The contract of strided: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/strided/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef StridedParams P;
const Field fields[] = {SINTER_STRIDED_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

// One more than the last element that is touched; -1 when it is before the first or beyond all sizes.
// 8 products of 31-bit numbers: their sum cannot overflow 64 bits.
int64_t reach(const int32_t* d, const int32_t* stride, int32_t offset) {
  int64_t low = offset, high = offset;
  for (int k = 0; k < STRIDED_RANK; k++) {
    const int64_t far = int64_t{d[k] - 1} * stride[k];
    (far < 0 ? low : high) += far;
  }
  return low < 0 ? -1 : high + 1;
}

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.element_bytes != 1 && p.element_bytes != 2 && p.element_bytes != 4 && p.element_bytes != 8) {
    return fail(SINTER_INVALID_ARGUMENT, "strided: element_bytes %d is not 1, 2, 4 or 8", p.element_bytes);
  }
  bool empty = false;
  for (int k = 0; k < STRIDED_RANK; k++) {
    if ((&p.d0)[k] < 0) return fail(SINTER_INVALID_ARGUMENT, "strided: dimension %d is negative", k);
    empty |= (&p.d0)[k] == 0;
  }
  slot_bytes[STRIDED_IN] = slot_bytes[STRIDED_OUT] = 0;
  if (empty) return SINTER_OK;
  const int64_t in = reach(&p.d0, &p.in_stride0, p.in_offset), out = reach(&p.d0, &p.out_stride0, p.out_offset);
  if (in < 0 || out < 0) return fail(SINTER_INVALID_ARGUMENT, "strided: an element lies before the first");
  // Threads share the output by its first dimensions: an output element must not be written twice.
  for (int k = 0; k < STRIDED_RANK; k++) {
    if ((&p.d0)[k] > 1 && (&p.out_stride0)[k] == 0) {
      return fail(SINTER_INVALID_ARGUMENT, "strided: dimension %d writes one element again and again", k);
    }
  }
  slot_bytes[STRIDED_IN] = in * p.element_bytes;
  slot_bytes[STRIDED_OUT] = out * p.element_bytes;
  return SINTER_OK;
}

}  // namespace

extern const OpDef strided_op;
const OpDef strided_op = {"strided", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, STRIDED_SLOTS, check};

}  // namespace sinter
