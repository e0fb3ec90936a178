// The contract of top_k: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/top_k/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef TopKParams P;
const Field fields[] = {SINTER_TOP_K_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"values", SLOT_OUT}, {"places", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.k < 0 || p.k > p.count) return fail(SINTER_INVALID_ARGUMENT, "top_k: the first %d of %d", p.k, p.count);
  const DataType type = row->types[TOP_K_IN];
  const int64_t bytes = element_bytes(type);
  slot_bytes[TOP_K_IN] = checked_product<3>({p.rows, p.count, bytes});
  slot_bytes[TOP_K_VALUES] = checked_product<3>({p.rows, p.k, bytes});
  slot_bytes[TOP_K_PLACES] = checked_product<3>({p.rows, p.k, 4});
  if (slot_bytes[TOP_K_IN] < 0 || slot_bytes[TOP_K_VALUES] < 0 || slot_bytes[TOP_K_PLACES] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "top_k: a size is negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef top_k_op;
const OpDef top_k_op = {"top_k", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, TOP_K_SLOTS, check};

}  // namespace sinter
