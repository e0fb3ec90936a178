// The contract of relu: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/relu/op.h"

#include <math.h>

#include "core/status.h"

namespace sinter {
namespace {

typedef ReluParams P;
const Field fields[] = {SINTER_RELU_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

bool bad_scale(float scale) {
  return !isnormal(scale) || scale < 0.0f;
}
sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.kind != RELU_CLAMP && p.kind != RELU_LEAKY) {
    return fail(SINTER_INVALID_ARGUMENT, "relu: kind %d is neither 0 (clamp) nor 1 (leaky)", p.kind);
  }
  if (p.count < 0) return fail(SINTER_INVALID_ARGUMENT, "relu: count %d is negative", p.count);
  if (p.kind == RELU_LEAKY && !isfinite(p.alpha)) return fail(SINTER_INVALID_ARGUMENT, "relu: alpha is not finite");
  if (row->types[RELU_OUT] != F32) {
    const int32_t least = row->types[RELU_OUT] == S8 ? -128 : 0, most = least + 255;
    const auto bad_zero_point = [=](int32_t zero_point) { return zero_point < least || zero_point > most; };
    if (bad_scale(p.in_scale) || bad_scale(p.out_scale) || bad_zero_point(p.in_zero_point) ||
        bad_zero_point(p.out_zero_point)) {
      return fail(SINTER_INVALID_ARGUMENT, "relu: a scale or zero point is out of range");
    }
    const float ratio = p.in_scale / p.out_scale;
    if (!(ratio < 4194304.0f) || (p.kind == RELU_LEAKY && !(fabsf(ratio * p.alpha) < 4194304.0f)) ||
        (p.kind == RELU_LEAKY && !(fabsf(p.in_scale * p.alpha / p.out_scale) < 4194304.0f))) {
      return fail(SINTER_INVALID_ARGUMENT, "relu: the ratio of the scales must be below 2^22, times alpha too");
    }
    if (p.out_min > p.out_max || p.out_min < least || p.out_max > most) {
      return fail(SINTER_INVALID_ARGUMENT, "relu: out_min %d, out_max %d is no range of bytes", p.out_min, p.out_max);
    }
  } else if (p.kind == RELU_CLAMP && !(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "relu: act_min must be at most act_max, and neither NaN");
  }
  slot_bytes[RELU_IN] = slot_bytes[RELU_OUT] = static_cast<int64_t>(p.count) * (row->types[RELU_OUT] == F32 ? 4 : 1);
  return SINTER_OK;
}

}  // namespace

extern const OpDef relu_op;
const OpDef relu_op = {"relu", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, RELU_SLOTS, check};

}  // namespace sinter
