// The contract of update_slice: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/update_slice/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef UpdateSliceParams P;
const Field fields[] = {SINTER_UPDATE_SLICE_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"update", SLOT_IN}, {"start", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.element_bytes < 1 || p.element_bytes > 8 || p.rank < 0 || p.rank > UPDATE_RANK) {
    return fail(SINTER_INVALID_ARGUMENT, "update_slice: %d bytes per element, rank %d", p.element_bytes, p.rank);
  }
  int64_t tensor[UPDATE_RANK + 1] = {p.element_bytes}, box[UPDATE_RANK + 1] = {p.element_bytes};
  for (int k = 0; k < UPDATE_RANK; k++) {
    tensor[k + 1] = (&p.d0)[k];
    box[k + 1] = (&p.u0)[k];
    if (k < UPDATE_RANK - p.rank && (tensor[k + 1] != 1 || box[k + 1] != 1)) {
      return fail(SINTER_INVALID_ARGUMENT, "update_slice: dimension %d is beyond the rank", k);
    }
    if (box[k + 1] > tensor[k + 1]) {
      return fail(SINTER_INVALID_ARGUMENT, "update_slice: %d is put into dimension %d of %d", (&p.u0)[k], k,
                  (&p.d0)[k]);
    }
  }
  slot_bytes[UPDATE_IN] = checked_product(box);
  slot_bytes[UPDATE_START] = p.rank * (row->types[UPDATE_START] == S64 ? 8 : 4);
  slot_bytes[UPDATE_OUT] = checked_product(tensor);
  if (slot_bytes[UPDATE_IN] < 0 || slot_bytes[UPDATE_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "update_slice: a size is negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef update_slice_op;
const OpDef update_slice_op = {"update_slice", fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                               UPDATE_SLOTS,   check};

}  // namespace sinter
