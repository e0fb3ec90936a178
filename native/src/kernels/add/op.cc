// The contract of add: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/add/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef AddParams P;
const Field fields[] = {SINTER_ADD_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"a", SLOT_IN}, {"b", SLOT_IN}, {"out", SLOT_OUT}};

// Elements an operand spans, or -1.
int64_t span(const int32_t* d, const int32_t* strides) {
  int64_t last = 0;
  for (int i = 0; i < 6; i++) {
    if (strides[i] < 0) return -1;
    if (d[i] == 0) return 0;
    const int64_t step = static_cast<int64_t>(d[i] - 1) * strides[i];
    if (__builtin_add_overflow(last, step, &last) || last > (int64_t{1} << 60)) return -1;
  }
  return last + 1;
}

bool bad_scale(float scale) {
  return !isnormal(scale) || scale < 0.0f;
}
bool bad_zero_point(int32_t zero_point) {
  return zero_point < -128 || zero_point > 127;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const int32_t d[6] = {p.d0, p.d1, p.d2, p.d3, p.d4, p.d5};
  const int32_t a_strides[6] = {p.a_stride0, p.a_stride1, p.a_stride2, p.a_stride3, p.a_stride4, p.a_stride5};
  const int32_t b_strides[6] = {p.b_stride0, p.b_stride1, p.b_stride2, p.b_stride3, p.b_stride4, p.b_stride5};
  const int64_t size = row->types[ADD_OUT] == F32 ? 4 : 1;
  const int64_t out = checked_product<7>({p.d0, p.d1, p.d2, p.d3, p.d4, p.d5, size});
  if (out < 0) return fail(SINTER_INVALID_ARGUMENT, "add: the dimensions are negative or too large");
  const int64_t a = span(d, a_strides), b = span(d, b_strides);
  if (a < 0 || b < 0) return fail(SINTER_INVALID_ARGUMENT, "add: a stride is negative or too large");
  if (row->types[ADD_OUT] == S8) {
    if (bad_scale(p.a_scale) || bad_scale(p.b_scale) || bad_scale(p.out_scale) || bad_zero_point(p.a_zero_point) ||
        bad_zero_point(p.b_zero_point) || bad_zero_point(p.out_zero_point)) {
      return fail(SINTER_INVALID_ARGUMENT, "add: a scale or zero point is out of range");
    }
    if (!(p.a_scale / p.out_scale < 262144.0f) || !(p.b_scale / p.out_scale < 262144.0f)) {
      return fail(SINTER_INVALID_ARGUMENT, "add: the ratios of input to output scale must be below 2^18");
    }
    if (p.out_min > p.out_max || p.out_min < -128 || p.out_max > 127) {
      return fail(SINTER_INVALID_ARGUMENT, "add: out_min %d, out_max %d is no range of int8", p.out_min, p.out_max);
    }
  } else if (!(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "add: act_min must be at most act_max, and neither NaN");
  }
  slot_bytes[ADD_A] = a * size;
  slot_bytes[ADD_B] = b * size;
  slot_bytes[ADD_OUT] = out;
  return SINTER_OK;
}

}  // namespace

extern const OpDef add_op;
const OpDef add_op = {"add", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, ADD_SLOTS, check};

}  // namespace sinter
