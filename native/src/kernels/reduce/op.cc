// The contract of reduce: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduce/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"
#include "kernels/reduce/scaling.h"

namespace sinter {
namespace {

typedef ReduceParams P;
const Field fields[] = {SINTER_REDUCE_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

bool bad_scale(float scale) {
  return !isnormal(scale) || scale < 0.0f;
}
bool bad_zero_point(int32_t zero_point, DataType type) {
  return type == U8   ? zero_point < 0 || zero_point > 255
         : type == S8 ? zero_point < -128 || zero_point > 127
                      : zero_point != 0;
}
bool takes(DataType type, int32_t kind) {
  return kind == REDUCE_MEAN || (kind == REDUCE_SUM && type != S32 && type != S64) ||
         (kind == REDUCE_PRODUCT && (type == S8 || type == S16));
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType type = row->types[REDUCE_OUT];
  if (!takes(type, p.kind)) return fail(SINTER_INVALID_ARGUMENT, "reduce: kind %d is none of %s", p.kind, row->name);
  if (p.axes < 0 || p.axes > 63) {
    return fail(SINTER_INVALID_ARGUMENT, "reduce: axes %d has bits beyond the six dimensions", p.axes);
  }
  const int64_t size = element_bytes(type);
  const int64_t d[6] = {p.d0, p.d1, p.d2, p.d3, p.d4, p.d5};
  const int64_t in = checked_product<7>({p.d0, p.d1, p.d2, p.d3, p.d4, p.d5, size});
  int64_t kept[7] = {1, 1, 1, 1, 1, 1, size}, reduced[6] = {1, 1, 1, 1, 1, 1};
  for (int i = 0; i < 6; i++) (p.axes >> i & 1 ? reduced[i] : kept[i]) = d[i];
  const int64_t out = checked_product(kept, 7), count = checked_product(reduced, 6);
  if (in < 0 || out < 0 || count < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "reduce: the dimensions are negative or too large");
  }
  if (count == 0 && out > 0 && p.kind == REDUCE_MEAN) {
    return fail(SINTER_INVALID_ARGUMENT, "reduce: the mean of no elements");
  }
  if (count > (1 << 23)) {
    return fail(SINTER_INVALID_ARGUMENT, "reduce: a mean over %lld elements, more than 2^23",
                static_cast<long long>(count));
  }
  if (size <= 2) {
    if (bad_scale(p.in_scale) || bad_scale(p.out_scale) || !isnormal(p.in_scale / p.out_scale) ||
        bad_zero_point(p.in_zero_point, type) || bad_zero_point(p.out_zero_point, type)) {
      return fail(SINTER_INVALID_ARGUMENT, "reduce: a scale or zero point is out of range");
    }
    if (type == S16 && p.in_scale / p.out_scale >= 16384.0f) {
      return fail(SINTER_INVALID_ARGUMENT, "reduce: the ratio of the scales is out of range");
    }
    if (p.kind == REDUCE_PRODUCT && count > 0 && !(product_scale(p, count) < 16384.0)) {
      return fail(SINTER_INVALID_ARGUMENT, "reduce: the scale of a factor is out of range");
    }
  }
  slot_bytes[REDUCE_IN] = in;
  slot_bytes[REDUCE_OUT] = out;
  return SINTER_OK;
}

}  // namespace

extern const OpDef reduce_op;
const OpDef reduce_op = {"reduce", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, REDUCE_SLOTS, check};

}  // namespace sinter
