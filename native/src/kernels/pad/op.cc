// The contract of pad: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/pad/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef PadParams P;
const Field fields[] = {SINTER_PAD_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.element_bytes != 1 && p.element_bytes != 2 && p.element_bytes != 4 && p.element_bytes != 8) {
    return fail(SINTER_INVALID_ARGUMENT, "pad: element_bytes %d is none of 1, 2, 4, 8", p.element_bytes);
  }
  const int64_t d[6] = {p.d0, p.d1, p.d2, p.d3, p.d4, p.d5};
  const int64_t before[6] = {p.before0, p.before1, p.before2, p.before3, p.before4, p.before5};
  const int64_t after[6] = {p.after0, p.after1, p.after2, p.after3, p.after4, p.after5};
  int64_t in[7], out[7];
  in[6] = out[6] = p.element_bytes;
  for (int i = 0; i < 6; i++) {
    if (before[i] < 0 || after[i] < 0) return fail(SINTER_INVALID_ARGUMENT, "pad: a border is negative");
    in[i] = d[i];
    out[i] = d[i] < 0 ? -1 : before[i] + d[i] + after[i];
  }
  slot_bytes[PAD_IN] = checked_product(in, 7);
  slot_bytes[PAD_OUT] = checked_product(out, 7);
  if (slot_bytes[PAD_IN] < 0 || slot_bytes[PAD_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "pad: the dimensions are negative or too large");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef pad_op;
const OpDef pad_op = {"pad", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, PAD_SLOTS, check};

}  // namespace sinter
