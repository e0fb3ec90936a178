// The contract of gather: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gather/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef GatherParams P;
const Field fields[] = {SINTER_GATHER_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"index", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.depth < 0 || p.depth > GATHER_DEPTH) {
    return fail(SINTER_INVALID_ARGUMENT, "gather: depth %d is not in 0 .. %d", p.depth, GATHER_DEPTH);
  }
  for (int k = p.depth; k < GATHER_DEPTH; k++) {
    if ((&p.d0)[k] != 1) return fail(SINTER_INVALID_ARGUMENT, "gather: dimension %d is beyond the depth", k);
  }
  const int64_t dims = checked_product<8>({p.d0, p.d1, p.d2, p.d3, p.d4, p.d5, p.d6, p.d7});
  const DataType type = row->types[GATHER_INDEX];
  const int64_t index_bytes = element_bytes(type);
  slot_bytes[GATHER_IN] = checked_product<4>({p.batch, p.outer, dims, p.slice_bytes});
  slot_bytes[GATHER_INDEX] = checked_product<4>({p.batch, p.positions, p.depth, index_bytes});
  slot_bytes[GATHER_OUT] = checked_product<4>({p.batch, p.outer, p.positions, p.slice_bytes});
  if (slot_bytes[GATHER_IN] < 0 || slot_bytes[GATHER_INDEX] < 0 || slot_bytes[GATHER_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "gather: a size is negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef gather_op;
const OpDef gather_op = {"gather", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, GATHER_SLOTS, check};

}  // namespace sinter
