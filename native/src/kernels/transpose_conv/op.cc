// The contract of transpose_conv: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose_conv/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"
#include "kernels/transpose_conv/phases.h"

namespace sinter {
namespace {

typedef TransposeConvParams P;
const Field fields[] = {SINTER_TRANSPOSE_CONV_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"weights", SLOT_WEIGHTS}, {"out", SLOT_OUT}};

sinter_status check_integers(const P& p, DataType type) {
  const int32_t low = type == S8 ? -128 : type == U8 ? 0 : -32768, high = type == S16 ? 32767 : low + 255;
  if (p.in_zero_point < low || p.in_zero_point > high || p.out_zero_point < low || p.out_zero_point > high ||
      (type == S16 && (p.in_zero_point != 0 || p.out_zero_point != 0))) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: zero points %d and %d", p.in_zero_point, p.out_zero_point);
  }
  if (p.out_min < low || p.out_max > high || p.out_min > p.out_max) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: out_min %d, out_max %d", p.out_min, p.out_max);
  }
  return SINTER_OK;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const DataType type = row->types[TRANSPOSE_CONV_IN];
  if (p.batch < 0 || p.in_h < 1 || p.in_w < 1 || p.in_c < 1 || p.out_h < 0 || p.out_w < 0 || p.out_c < 1) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: shapes %dx%dx%dx%d -> %dx%dx%d", p.batch, p.in_h, p.in_w,
                p.in_c, p.out_h, p.out_w, p.out_c);
  }
  if (p.kernel_h < 1 || p.kernel_w < 1 || p.stride_h < 1 || p.stride_w < 1 || p.pad_top < 0 || p.pad_left < 0 ||
      int64_t{p.stride_h} * p.stride_w > 4096 || p.pad_top > (1 << 30) || p.pad_left > (1 << 30)) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: kernel %dx%d, stride %dx%d, pad %d %d", p.kernel_h,
                p.kernel_w, p.stride_h, p.stride_w, p.pad_top, p.pad_left);
  }
  // Of the kernel's products, each output has those of one phase; int32 holds their sum (see gemm's check).
  const int64_t all = checked_product<3>({p.kernel_h, p.kernel_w, p.in_c});
  const bool small = type == S8 || (type == F32 && row->types[TRANSPOSE_CONV_WEIGHTS] == S8);
  const int64_t most = small ? 65536 : type == U8 ? 33025 : INT32_MAX / 8;
  if (all < 0 || all > INT32_MAX / 8 || phase_k(p, 0, 0) > most) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: a kernel of %d x %d x %d is too large", p.kernel_h,
                p.kernel_w, p.in_c);
  }
  if (type == U8 ? p.w_zero_point < 0 || p.w_zero_point > 255 : p.w_zero_point != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: w_zero_point %d", p.w_zero_point);
  }
  if (p.requantization < 0 || p.requantization > (type == S16 ? 3 : 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: requantization %d", p.requantization);
  }
  if (type != F32) {
    const sinter_status status = check_integers(p, type);
    if (status != SINTER_OK) return status;
  } else if (!(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: act_min %g, act_max %g", p.act_min, p.act_max);
  }
  const int64_t element = element_bytes(type);
  slot_bytes[TRANSPOSE_CONV_IN] = checked_product<5>({p.batch, p.in_h, p.in_w, p.in_c, element});
  slot_bytes[TRANSPOSE_CONV_WEIGHTS] = 0;
  slot_bytes[TRANSPOSE_CONV_OUT] = checked_product<5>({p.batch, p.out_h, p.out_w, p.out_c, element});
  if (slot_bytes[TRANSPOSE_CONV_IN] < 0 || slot_bytes[TRANSPOSE_CONV_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "transpose_conv: sizes overflow");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef transpose_conv_op;
const OpDef transpose_conv_op = {"transpose_conv",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                                 TRANSPOSE_CONV_SLOTS, check};

}  // namespace sinter
