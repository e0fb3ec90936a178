// The contract of pool: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/pool/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef PoolParams P;
const Field fields[] = {SINTER_POOL_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

// Every window must hold at least one tap inside the input.
bool covers(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t pad) {
  return out == 0 || (pad < kernel && (out - 1) * stride - pad < in);
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.kind != POOL_AVERAGE && p.kind != POOL_MAX) {
    return fail(SINTER_INVALID_ARGUMENT, "pool: kind %d is neither 0 (average) nor 1 (maximum)", p.kind);
  }
  if (p.kernel_h < 1 || p.kernel_w < 1 || p.stride_h < 1 || p.stride_w < 1 || p.pad_top < 0 || p.pad_left < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "pool: kernel and stride must be positive, padding not negative");
  }
  if (static_cast<int64_t>(p.kernel_h) * p.kernel_w > (1 << 23)) {
    return fail(SINTER_INVALID_ARGUMENT, "pool: windows of %d x %d are larger than 2^23 taps", p.kernel_h, p.kernel_w);
  }
  const DataType type = row->types[POOL_OUT];
  // An int32 holds the sum of 2^16 values of 16 bits.
  if (type == S16 && static_cast<int64_t>(p.kernel_h) * p.kernel_w > (1 << 15)) {
    return fail(SINTER_INVALID_ARGUMENT, "pool: windows of %d x %d are larger than 2^15 taps", p.kernel_h, p.kernel_w);
  }
  const int64_t size = element_bytes(type);
  const int64_t in = checked_product<5>({p.batch, p.in_h, p.in_w, p.channels, size});
  const int64_t out = checked_product<5>({p.batch, p.out_h, p.out_w, p.channels, size});
  if (in < 0 || out < 0) return fail(SINTER_INVALID_ARGUMENT, "pool: the dimensions are negative or too large");
  if (out > 0 && (!covers(p.in_h, p.out_h, p.kernel_h, p.stride_h, p.pad_top) ||
                  !covers(p.in_w, p.out_w, p.kernel_w, p.stride_w, p.pad_left))) {
    return fail(SINTER_INVALID_ARGUMENT, "pool: a window lies entirely outside the input");
  }
  if (type != F32) {
    const int32_t low = type == S8 ? -128 : type == U8 ? 0 : -32768, high = type == S8 ? 127 : type == U8 ? 255 : 32767;
    if (p.out_min > p.out_max || p.out_min < low || p.out_max > high) {
      return fail(SINTER_INVALID_ARGUMENT, "pool: out_min %d, out_max %d is no range of int8", p.out_min, p.out_max);
    }
  } else if (!(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "pool: act_min must be at most act_max, and neither NaN");
  }
  slot_bytes[POOL_IN] = in;
  slot_bytes[POOL_OUT] = out;
  return SINTER_OK;
}

}  // namespace

extern const OpDef pool_op;
const OpDef pool_op = {"pool", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, POOL_SLOTS, check};

}  // namespace sinter
