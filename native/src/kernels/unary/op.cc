// The contract of unary: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/unary/op.h"

#include <math.h>

#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef UnaryParams P;
const Field fields[] = {SINTER_UNARY_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType type = row->types[UNARY_IN];
  const int32_t f = p.function;
  const bool known = type == F32     ? f >= 0 && f < UNARY_FUNCTIONS && f != UNARY_NOT && f != UNARY_LEAKY_RELU
                     : type == BOOL8 ? f == UNARY_NOT
                     : type == S16   ? f == UNARY_LEAKY_RELU
                                     : f >= 0 && f <= UNARY_SIGN;
  if (!known) return fail(SINTER_INVALID_ARGUMENT, "unary: function %d is none of %s", f, row->name);
  if (p.count < 0) return fail(SINTER_INVALID_ARGUMENT, "unary: count %d is negative", p.count);
  if (type == S16) {
    const float ratio = p.in_scale / p.out_scale;
    if (!isnormal(p.in_scale) || !isnormal(p.out_scale) || !(ratio > 0.0f) || !(ratio < 16384.0f) ||
        !isfinite(p.alpha) || !(fabsf(p.alpha) * ratio < 16384.0f)) {
      return fail(SINTER_INVALID_ARGUMENT, "unary: a scale, or alpha, is out of range");
    }
  }
  const int64_t size = element_bytes(type);
  slot_bytes[UNARY_IN] = slot_bytes[UNARY_OUT] = p.count * size;
  return SINTER_OK;
}

}  // namespace

extern const OpDef unary_op;
const OpDef unary_op = {"unary", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, UNARY_SLOTS, check};

}  // namespace sinter
