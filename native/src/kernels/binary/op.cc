// The contract of binary: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary/op.h"

#include <math.h>

#include <initializer_list>

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"
#include "kernels/binary/powers.h"

namespace sinter {
namespace {

typedef BinaryParams P;
const Field fields[] = {SINTER_BINARY_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"a", SLOT_IN}, {"b", SLOT_IN}, {"out", SLOT_OUT}};

// Elements an operand spans, or -1.
int64_t span(const int32_t* d, const int32_t* strides) {
  int64_t last = 0;
  for (int i = 0; i < BINARY_RANK; i++) {
    if (strides[i] < 0) return -1;
    if (d[i] == 0) return 0;
    last += int64_t{d[i] - 1} * strides[i];  // six products of 31-bit numbers
  }
  return last + 1;
}

bool bad_scale(float scale) {
  return !isnormal(scale) || scale < 0.0f;
}

// Whether the factors of a function fit what the kernels compute with. Sums need no bound above: TFLite's own
// arithmetic (tfl.add) takes any ratio.
bool ratios_ok(const P& p) {
  const double a = p.a_scale, b = p.b_scale, out = p.out_scale;
  const double limit = 65536.0;
  switch (p.function) {
    case BINARY_ADD:
    case BINARY_SUB:
      return a / out < limit && b / out < limit;
    case BINARY_MUL:
      return isnormal(p.a_scale * p.b_scale) && isfinite(p.a_scale * p.b_scale / p.out_scale);
    case BINARY_DIV:
      return a / (b * out) < limit && isnormal(p.b_scale * p.out_scale);
    case BINARY_SQUARED_DIFFERENCE:
      return a * a / out < limit && b * b / out < limit;
    default:
      return a / out < limit && a * b / out < limit;
  }
}

// Functions of quantized numbers, which need scales.
bool scales(int32_t f) {
  return f <= BINARY_DIV || f == BINARY_SQUARED_DIFFERENCE || f == BINARY_PRELU;
}

bool takes(DataType type, DataType out, int32_t f) {
  const bool compares = f >= BINARY_LESS && f <= BINARY_NOT_EQUAL, decides = f == BINARY_AND || f == BINARY_OR;
  if (out == BOOL8) return type == BOOL8 ? decides || f == BINARY_EQUAL || f == BINARY_NOT_EQUAL : compares;
  if (compares || decides) return false;
  if (f == BINARY_ADD_POWERS || f == BINARY_SUB_POWERS) return type == S16;
  if (type == S8 || type == U8 || type == S16) {
    if (f == BINARY_POW || f == BINARY_ATAN2) return false;
    return f == BINARY_SQUARED_DIFFERENCE ? type == S8 : f == BINARY_PRELU ? type != S16 : true;
  }
  return type == F32 ? f <= BINARY_ATAN2 || f == BINARY_PRELU : f != BINARY_ATAN2 && f <= BINARY_SHIFT;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType type = row->types[BINARY_A], result = row->types[BINARY_OUT];
  if (p.function < 0 || p.function >= BINARY_FUNCTIONS || !takes(type, result, p.function)) {
    return fail(SINTER_INVALID_ARGUMENT, "binary: function %d is none of %s", p.function, row->name);
  }
  const int64_t size = element_bytes(type);
  const int64_t out = checked_product<7>({p.d0, p.d1, p.d2, p.d3, p.d4, p.d5, element_bytes(result)});
  if (out < 0) return fail(SINTER_INVALID_ARGUMENT, "binary: the dimensions are negative or too large");
  const int64_t a = span(&p.d0, &p.a_stride0), b = span(&p.d0, &p.b_stride0);
  if (a < 0 || b < 0) return fail(SINTER_INVALID_ARGUMENT, "binary: a stride is negative");
  const bool small = type == S8 || type == U8 || type == S16;
  const bool compares = small && result == BOOL8;
  if ((compares && (p.a_scale != 0.0f || p.b_scale != 0.0f)) || (small && !compares && scales(p.function))) {
    const int32_t low = type == S8 ? -128 : type == U8 ? 0 : -32768;
    const int32_t high = type == S8 ? 127 : type == U8 ? 255 : 32767;
    for (int32_t zero : {p.a_zero_point, p.b_zero_point, compares ? 0 : p.out_zero_point}) {
      if (zero < low || zero > high) return fail(SINTER_INVALID_ARGUMENT, "binary: zero point %d", zero);
    }
    if (bad_scale(p.a_scale) || bad_scale(p.b_scale) || (!compares && bad_scale(p.out_scale))) {
      return fail(SINTER_INVALID_ARGUMENT, "binary: a scale is not a normal, positive number");
    }
    if (compares) {
      if (p.a_scale >= 1.0f || p.b_scale >= 1.0f) {
        return fail(SINTER_INVALID_ARGUMENT, "binary: a comparison with a scale of 1 or more");
      }
    } else if (!ratios_ok(p)) {
      return fail(SINTER_INVALID_ARGUMENT, "binary: a ratio of scales is out of range");
    }
    if (!compares && (p.out_min > p.out_max || p.out_min < low || p.out_max > high)) {
      return fail(SINTER_INVALID_ARGUMENT, "binary: out_min %d, out_max %d", p.out_min, p.out_max);
    }
  } else if (p.function == BINARY_ADD_POWERS || p.function == BINARY_SUB_POWERS) {
    // One operand is in the result's scale, the other one's is that or a smaller one.
    if (!(shift_of(p.a_scale, p.out_scale) == 0 || shift_of(p.b_scale, p.out_scale) == 0) ||
        shift_of(p.a_scale, p.out_scale) < 0 || shift_of(p.b_scale, p.out_scale) < 0) {
      return fail(SINTER_INVALID_ARGUMENT, "binary: scales of powers of two need one operand with the result's");
    }
    if (p.out_min > p.out_max || p.out_min < -32768 || p.out_max > 32767) {
      return fail(SINTER_INVALID_ARGUMENT, "binary: out_min %d, out_max %d", p.out_min, p.out_max);
    }
  } else if (result == F32 && !(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "binary: act_min must be at most act_max, and neither NaN");
  } else if (p.out_min > p.out_max) {
    return fail(SINTER_INVALID_ARGUMENT, "binary: out_min %d is more than out_max %d", p.out_min, p.out_max);
  }
  slot_bytes[BINARY_A] = a * size;
  slot_bytes[BINARY_B] = b * size;
  slot_bytes[BINARY_OUT] = out;
  return SINTER_OK;
}

}  // namespace

extern const OpDef binary_op;
const OpDef binary_op = {"binary", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, BINARY_SLOTS, check};

}  // namespace sinter
