// The contract of binary: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/binary/op.h"

#include <math.h>

#include <initializer_list>

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef BinaryParams P;
const Field fields[] = {SINTER_BINARY_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"a", SLOT_IN}, {"b", SLOT_IN}, {"out", SLOT_OUT}};

int64_t size_of(DataType type) {
  switch (type) {
    case F32:
    case S32:
      return 4;
    case S64:
      return 8;
    case S16:
      return 2;
    default:
      return 1;
  }
}

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

bool takes(DataType type, DataType out, int32_t f) {
  const bool compares = f >= BINARY_LESS && f <= BINARY_NOT_EQUAL, decides = f == BINARY_AND || f == BINARY_OR;
  if (out == BOOL8) return type == BOOL8 ? decides || f == BINARY_EQUAL || f == BINARY_NOT_EQUAL : compares;
  if (compares || decides) return false;
  if (type == S8 || type == U8 || type == S16) return f <= BINARY_MUL || f == BINARY_MAX || f == BINARY_MIN;
  return type == F32 ? f <= BINARY_ATAN2 : f != BINARY_ATAN2;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType type = row->types[BINARY_A], result = row->types[BINARY_OUT];
  if (p.function < 0 || p.function >= BINARY_FUNCTIONS || !takes(type, result, p.function)) {
    return fail(SINTER_INVALID_ARGUMENT, "binary: function %d is none of %s", p.function, row->name);
  }
  const int64_t size = size_of(type);
  const int64_t out = checked_product<7>({p.d0, p.d1, p.d2, p.d3, p.d4, p.d5, size_of(result)});
  if (out < 0) return fail(SINTER_INVALID_ARGUMENT, "binary: the dimensions are negative or too large");
  const int64_t a = span(&p.d0, &p.a_stride0), b = span(&p.d0, &p.b_stride0);
  if (a < 0 || b < 0) return fail(SINTER_INVALID_ARGUMENT, "binary: a stride is negative");
  if ((result == S8 || result == U8 || result == S16) && p.function <= BINARY_MUL) {
    const int32_t low = result == S8 ? -128 : result == U8 ? 0 : -32768;
    const int32_t high = result == S8 ? 127 : result == U8 ? 255 : 32767;
    for (int32_t zero : {p.a_zero_point, p.b_zero_point, p.out_zero_point}) {
      if (zero < low || zero > high) return fail(SINTER_INVALID_ARGUMENT, "binary: zero point %d", zero);
    }
    if (bad_scale(p.a_scale) || bad_scale(p.b_scale) || bad_scale(p.out_scale) ||
        !(p.a_scale / p.out_scale < 65536.0f) || !(p.b_scale / p.out_scale < 65536.0f) ||
        !(p.a_scale * p.b_scale / p.out_scale < 65536.0f)) {
      return fail(SINTER_INVALID_ARGUMENT, "binary: a scale, or a ratio of scales, is out of range");
    }
    if (p.out_min > p.out_max || p.out_min < low || p.out_max > high) {
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
