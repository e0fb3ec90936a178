// The contract of normalize: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/normalize/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef NormalizeParams P;
const Field fields[] = {SINTER_NORMALIZE_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType type = row->types[NORMALIZE_OUT];
  if (p.function != NORMALIZE_L2 && (p.function != NORMALIZE_LOG_SOFTMAX || type == F32)) {
    return fail(SINTER_INVALID_ARGUMENT, "normalize: function %d is none of %s", p.function, row->name);
  }
  const int64_t bytes = checked_product<3>({p.rows, p.depth, type == F32 ? 4 : 1});
  if (bytes < 0) return fail(SINTER_INVALID_ARGUMENT, "normalize: rows and depth must not be negative");
  if (type != F32 && p.function == NORMALIZE_LOG_SOFTMAX &&
      (!isnormal(p.in_scale) || p.in_scale < 0.0f || !(p.in_scale < 65536.0f))) {
    return fail(SINTER_INVALID_ARGUMENT, "normalize: input scale %g is out of range", static_cast<double>(p.in_scale));
  }
  const int32_t low = type == U8 ? 0 : -128;
  if (type != F32 && (p.in_zero_point < low || p.in_zero_point > low + 255)) {
    return fail(SINTER_INVALID_ARGUMENT, "normalize: zero point %d", p.in_zero_point);
  }
  if (type != F32 && p.function == NORMALIZE_L2 && p.depth > 33025) {
    return fail(SINTER_INVALID_ARGUMENT, "normalize: the squares of %d values may pass 32 bits", p.depth);
  }
  slot_bytes[NORMALIZE_IN] = slot_bytes[NORMALIZE_OUT] = bytes;
  return SINTER_OK;
}

}  // namespace

extern const OpDef normalize_op;
const OpDef normalize_op = {"normalize",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                            NORMALIZE_SLOTS, check};

}  // namespace sinter
