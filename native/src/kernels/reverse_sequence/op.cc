// The contract of reverse_sequence: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/reverse_sequence/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef ReverseSequenceParams P;
const Field fields[] = {SINTER_REVERSE_SEQUENCE_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"length", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.batch_first < 0 || p.batch_first > 1) {
    return fail(SINTER_INVALID_ARGUMENT, "reverse_sequence: batch_first %d must be 0 or 1", p.batch_first);
  }
  slot_bytes[REVERSE_IN] = slot_bytes[REVERSE_OUT] =
      checked_product<5>({p.outer, p.batch, p.sequence, p.mid, p.inner_bytes});
  slot_bytes[REVERSE_LENGTH] = checked_product<2>({p.batch, element_bytes(row->types[REVERSE_LENGTH])});
  if (slot_bytes[REVERSE_IN] < 0 || slot_bytes[REVERSE_LENGTH] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "reverse_sequence: a size is negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef reverse_sequence_op;
const OpDef reverse_sequence_op = {"reverse_sequence", fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                                   REVERSE_SLOTS,      check};

}  // namespace sinter
