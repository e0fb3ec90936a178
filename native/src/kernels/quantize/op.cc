// The contract of quantize: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/quantize/op.h"

#include <math.h>

#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef QuantizeParams P;
const Field fields[] = {SINTER_QUANTIZE_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

bool bad_scale(float scale) {
  return !isnormal(scale) || scale < 0.0f;
}
bool bad_zero_point(int32_t zero_point, DataType type) {
  if (type == S32) return false;
  if (type == S4) return zero_point < -8 || zero_point > 7;
  if (type == F16) return zero_point != 0;
  if (type == S16) return zero_point < -32768 || zero_point > 32767;
  return type == S8 ? zero_point < -128 || zero_point > 127 : zero_point < 0 || zero_point > 255;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.count < 0) return fail(SINTER_INVALID_ARGUMENT, "quantize: count %d is negative", p.count);
  const DataType in = row->types[QUANTIZE_IN], out = row->types[QUANTIZE_OUT];
  if (in != F32 && (bad_scale(p.in_scale) || bad_zero_point(p.in_zero_point, in))) {
    return fail(SINTER_INVALID_ARGUMENT, "quantize: input scale %g or zero point %d is out of range",
                static_cast<double>(p.in_scale), p.in_zero_point);
  }
  if (out != F32 && (bad_scale(p.out_scale) || bad_zero_point(p.out_zero_point, out))) {
    return fail(SINTER_INVALID_ARGUMENT, "quantize: output scale %g or zero point %d is out of range",
                static_cast<double>(p.out_scale), p.out_zero_point);
  }
  if (out != F32 && in != F32 && !(p.in_scale / p.out_scale < 4194304.0f)) {
    return fail(SINTER_INVALID_ARGUMENT, "quantize: the ratio of the scales, %g, must be below 2^22",
                static_cast<double>(p.in_scale / p.out_scale));
  }
  if (in == F32 && !(isfinite(1.0f / p.out_scale))) {
    return fail(SINTER_INVALID_ARGUMENT, "quantize: output scale %g has no finite inverse",
                static_cast<double>(p.out_scale));
  }
  if (in == F16 && p.in_scale != 1.0f) {
    return fail(SINTER_INVALID_ARGUMENT, "quantize: halves with a scale of %g", static_cast<double>(p.in_scale));
  }
  slot_bytes[QUANTIZE_IN] = in == S4 ? (int64_t{p.count} + 1) / 2 : p.count * element_bytes(in);
  slot_bytes[QUANTIZE_OUT] = p.count * element_bytes(out);
  return SINTER_OK;
}

}  // namespace

extern const OpDef quantize_op;
const OpDef quantize_op = {"quantize",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                           QUANTIZE_SLOTS, check};

}  // namespace sinter
