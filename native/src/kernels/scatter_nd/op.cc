// The contract of scatter_nd: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/scatter_nd/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef ScatterNdParams P;
const Field fields[] = {SINTER_SCATTER_ND_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"index", SLOT_IN}, {"update", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.depth < 0 || p.depth > SCATTER_DEPTH) {
    return fail(SINTER_INVALID_ARGUMENT, "scatter_nd: depth %d is not in 0 .. %d", p.depth, SCATTER_DEPTH);
  }
  for (int k = p.depth; k < SCATTER_DEPTH; k++) {
    if ((&p.d0)[k] != 1) return fail(SINTER_INVALID_ARGUMENT, "scatter_nd: dimension %d is beyond the depth", k);
  }
  const int64_t dims = checked_product<8>({p.d0, p.d1, p.d2, p.d3, p.d4, p.d5, p.d6, p.d7});
  const int64_t bytes = element_bytes(row->types[SCATTER_OUT]);
  slot_bytes[SCATTER_INDEX] = checked_product<3>({p.count, p.depth, element_bytes(row->types[SCATTER_INDEX])});
  slot_bytes[SCATTER_UPDATE] = checked_product<3>({p.count, p.slice, bytes});
  slot_bytes[SCATTER_OUT] = checked_product<3>({dims, p.slice, bytes});
  if (slot_bytes[SCATTER_INDEX] < 0 || slot_bytes[SCATTER_UPDATE] < 0 || slot_bytes[SCATTER_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "scatter_nd: a size is negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef scatter_nd_op;
const OpDef scatter_nd_op = {"scatter_nd",  fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                             SCATTER_SLOTS, check};

}  // namespace sinter
