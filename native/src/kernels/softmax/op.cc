// The contract of softmax: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef SoftmaxParams P;
const Field fields[] = {SINTER_SOFTMAX_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType out = row->types[SOFTMAX_OUT];
  const int64_t bytes = checked_product<3>({p.rows, p.depth, element_bytes(out)});
  if (bytes < 0) return fail(SINTER_INVALID_ARGUMENT, "softmax: rows and depth must not be negative");
  if (!(isfinite(p.beta) && p.beta > 0.0f)) {
    return fail(SINTER_INVALID_ARGUMENT, "softmax: beta must be positive and finite");
  }
  if (out != F32) {
    if (!isnormal(p.in_scale) || p.in_scale < 0.0f || !isfinite(p.in_scale * p.beta * 255.0f)) {
      return fail(SINTER_INVALID_ARGUMENT, "softmax: input scale %g is out of range", static_cast<double>(p.in_scale));
    }
    if (out == S16 &&
        (!(p.out_scale >= 0x1p-24f && p.out_scale <= 1.0f) || p.out_zero_point < -32768 || p.out_zero_point > 32767)) {
      return fail(SINTER_INVALID_ARGUMENT, "softmax: output scale %g or zero point %d is out of range",
                  static_cast<double>(p.out_scale), p.out_zero_point);
    }
    // As TFLite: an int8 output is 1/256 per step, from -128 on.
    if (out == S8 && !(fabsf(p.out_scale - 0.00390625f) <= 0.00000390625f && p.out_zero_point == -128)) {
      return fail(SINTER_INVALID_ARGUMENT, "softmax: output scale %g and zero point %d must be 1/256 and -128",
                  static_cast<double>(p.out_scale), p.out_zero_point);
    }
  }
  slot_bytes[SOFTMAX_OUT] = bytes;
  slot_bytes[SOFTMAX_IN] = out == S16 ? bytes / 2 : bytes;
  return SINTER_OK;
}

}  // namespace

extern const OpDef softmax_op;
const OpDef softmax_op = {"softmax", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, SOFTMAX_SLOTS, check};

}  // namespace sinter
