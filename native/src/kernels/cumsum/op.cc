// The contract of cumsum: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cumsum/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef CumsumParams P;
const Field fields[] = {SINTER_CUMSUM_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const int64_t bytes = checked_product<4>({p.outer, p.depth, p.inner, row->types[CUMSUM_IN] == S64 ? 8 : 4});
  if (bytes < 0) return fail(SINTER_INVALID_ARGUMENT, "cumsum: the dimensions are negative or too large");
  if (p.exclusive < 0 || p.exclusive > 1 || p.reverse < 0 || p.reverse > 1) {
    return fail(SINTER_INVALID_ARGUMENT, "cumsum: exclusive %d and reverse %d must be 0 or 1", p.exclusive, p.reverse);
  }
  slot_bytes[CUMSUM_IN] = slot_bytes[CUMSUM_OUT] = bytes;
  return SINTER_OK;
}

}  // namespace

extern const OpDef cumsum_op;
const OpDef cumsum_op = {"cumsum", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, CUMSUM_SLOTS, check};

}  // namespace sinter
