// The contract of cast: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cast/op.h"

#include "core/status.h"

namespace sinter {
namespace {

typedef CastParams P;
const Field fields[] = {SINTER_CAST_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.from < 0 || p.from >= CAST_TYPES || p.to < 0 || p.to >= CAST_TYPES || p.count < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "cast: %d numbers of type %d to type %d", p.count, p.from, p.to);
  }
  slot_bytes[CAST_IN] = p.count * cast_type_bytes(p.from);
  slot_bytes[CAST_OUT] = p.count * cast_type_bytes(p.to);
  return SINTER_OK;
}

}  // namespace

extern const OpDef cast_op;
const OpDef cast_op = {"cast", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, CAST_SLOTS, check};

}  // namespace sinter
