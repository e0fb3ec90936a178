// The contract of lookup: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lookup/op.h"

#include "core/status.h"

namespace sinter {
namespace {

typedef LookupParams P;
const Field fields[] = {SINTER_LOOKUP_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"table", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.count < 0) return fail(SINTER_INVALID_ARGUMENT, "lookup: count %d is negative", p.count);
  const bool wide = row->types[LOOKUP_IN] == S16;
  slot_bytes[LOOKUP_IN] = slot_bytes[LOOKUP_OUT] = int64_t{p.count} * (wide ? 2 : 1);
  if (wide ? p.entries != 513 && p.entries != 65536 : p.entries != 256) {
    return fail(SINTER_INVALID_ARGUMENT, "lookup: a table of %d entries", p.entries);
  }
  slot_bytes[LOOKUP_TABLE] = int64_t{p.entries} * (wide ? 2 : 1);
  return SINTER_OK;
}

}  // namespace

extern const OpDef lookup_op;
const OpDef lookup_op = {"lookup", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, LOOKUP_SLOTS, check};

}  // namespace sinter
