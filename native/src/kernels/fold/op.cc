// The contract of fold: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/fold/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef FoldParams P;
const Field fields[] = {SINTER_FOLD_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

bool takes(DataType in, DataType out, int32_t f) {
  if (f == FOLD_ARG_MAX || f == FOLD_ARG_MIN) return out == S32 && in != BOOL8;
  if (in != out) return false;
  if (in == BOOL8) return f == FOLD_ANY || f == FOLD_ALL;
  if (in == S8 || in == U8 || in == S16) return f == FOLD_MAX || f == FOLD_MIN;
  return f <= FOLD_MIN;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType in = row->types[FOLD_IN], out = row->types[FOLD_OUT];
  if (p.function < 0 || p.function >= FOLD_FUNCTIONS || !takes(in, out, p.function)) {
    return fail(SINTER_INVALID_ARGUMENT, "fold: function %d is none of %s", p.function, row->name);
  }
  const int64_t kept = checked_product<4>({p.kept0, p.kept1, p.kept2, p.kept3});
  const int64_t folded = checked_product<4>({p.folded0, p.folded1, p.folded2, p.folded3});
  if (kept < 0 || folded < 0) return fail(SINTER_INVALID_ARGUMENT, "fold: the dimensions are negative or too large");
  if ((p.function == FOLD_ARG_MAX || p.function == FOLD_ARG_MIN) && (folded == 0 || folded > INT32_MAX)) {
    return fail(SINTER_INVALID_ARGUMENT, "fold: a position among %lld values", (long long)folded);
  }
  int64_t last = 0;
  for (int k = 0; k < FOLD_RANK; k++) {
    if ((&p.kept_stride0)[k] < 0 || (&p.folded_stride0)[k] < 0) {
      return fail(SINTER_INVALID_ARGUMENT, "fold: a stride is negative");
    }
    last += int64_t{(&p.kept0)[k] - 1} * (&p.kept_stride0)[k] + int64_t{(&p.folded0)[k] - 1} * (&p.folded_stride0)[k];
  }
  if (kept > (int64_t{1} << 59)) return fail(SINTER_INVALID_ARGUMENT, "fold: the dimensions are too large");
  slot_bytes[FOLD_IN] = kept == 0 || folded == 0 ? 0 : (last + 1) * element_bytes(in);
  slot_bytes[FOLD_OUT] = kept * element_bytes(out);
  return SINTER_OK;
}

}  // namespace

extern const OpDef fold_op;
const OpDef fold_op = {"fold", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, FOLD_SLOTS, check};

}  // namespace sinter
