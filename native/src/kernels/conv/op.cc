// The contract of conv: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/packing_s16.h"

namespace sinter {
namespace {

typedef ConvParams P;
const Field fields[] = {SINTER_CONV_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"weights", SLOT_WEIGHTS}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.batch < 0 || p.in_h < 1 || p.in_w < 1 || p.in_c < 1 || p.out_h < 0 || p.out_w < 0 || p.out_c < 1) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: shapes %dx%dx%dx%d -> %dx%dx%d", p.batch, p.in_h, p.in_w, p.in_c,
                p.out_h, p.out_w, p.out_c);
  }
  if (p.kernel_h < 1 || p.kernel_w < 1 || p.stride_h < 1 || p.stride_w < 1 || p.dilation_h < 1 || p.dilation_w < 1 ||
      p.pad_top < 0 || p.pad_left < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: kernel %dx%d, stride %dx%d, dilation %dx%d, pad %d %d", p.kernel_h,
                p.kernel_w, p.stride_h, p.stride_w, p.dilation_h, p.dilation_w, p.pad_top, p.pad_left);
  }
  if (p.groups < 1 || p.in_c % p.groups != 0 || p.out_c % p.groups != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: %d groups for %d input and %d output channels", p.groups, p.in_c,
                p.out_c);
  }
  // Positions are computed in 64 bits; 2^30 bounds keep every product of two of them far from 2^63.
  const int32_t far = 1 << 30;
  if (p.pad_top > far || p.pad_left > far || p.stride_h > far || p.stride_w > far || p.dilation_h > far ||
      p.dilation_w > far) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: a stride, dilation or padding is over %d", far);
  }
  const int64_t k = checked_product<3>({p.kernel_h, p.kernel_w, p.in_c / p.groups});
  const DataType type = row->types[CONV_IN];
  // 2^31 / (255 * 128) or 2^31 / (255 * 255): the largest sum of products is still exact.
  const DataType weights = row->types[CONV_WEIGHTS];
  const bool in_bf16 = (type == F32 || type == BF16) && weights == S8 && p.dynamic == WEIGHT_ONLY_BF16;
  const bool weight_only = in_bf16 || (type == F32 && p.dynamic == WEIGHT_ONLY && (weights == S8 || weights == S4));
  const bool dynamic = type == F32 && weights == S8 && !weight_only;
  if (!weight_only && (p.dynamic < 0 || p.dynamic > (dynamic ? DYNAMIC_LAST : 0))) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: dynamic %d", p.dynamic);
  }
  if (k < 0 || k > (type == S8 || dynamic ? 65536 : type == U8 ? 33025 : INT32_MAX / 8)) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: a kernel of %d x %d x %d is too large", p.kernel_h, p.kernel_w,
                p.in_c / p.groups);
  }
  if (type == U8 ? p.w_zero_point < 0 || p.w_zero_point > 255 : p.w_zero_point != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: w_zero_point %d", p.w_zero_point);
  }
  // int8 may be requantized in fixed point of 32 bits, too.
  const bool fixed_8 =
      type == S8 && (p.requantization == REQUANTIZE_FIXED_32 || p.requantization == REQUANTIZE_UPWARD_32);
  if (!fixed_8 && (p.requantization < 0 || p.requantization > (type == S16 ? 3 : 0))) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: requantization %d", p.requantization);
  }
  if (type == S16 && (p.in_zero_point != 0 || p.out_zero_point != 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: zero points %d and %d of int16", p.in_zero_point, p.out_zero_point);
  }
  if (type != F32 && type != BF16) {
    const int32_t low = type == S8 ? -128 : type == U8 ? 0 : -32768, high = type == S16 ? 32767 : low + 255;
    if (p.in_zero_point < low || p.in_zero_point > high || p.out_zero_point < low || p.out_zero_point > high) {
      return fail(SINTER_INVALID_ARGUMENT, "conv: zero points %d and %d", p.in_zero_point, p.out_zero_point);
    }
    if (p.out_min < low || p.out_max > high || p.out_min > p.out_max) {
      return fail(SINTER_INVALID_ARGUMENT, "conv: out_min %d, out_max %d", p.out_min, p.out_max);
    }
  } else if (!(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: act_min %g, act_max %g", p.act_min, p.act_max);
  }
  slot_bytes[CONV_IN] = checked_product<5>({p.batch, p.in_h, p.in_w, p.in_c, element_bytes(type)});
  slot_bytes[CONV_WEIGHTS] = 0;
  slot_bytes[CONV_OUT] = checked_product<5>({p.batch, p.out_h, p.out_w, p.out_c, element_bytes(row->types[CONV_OUT])});
  if (slot_bytes[CONV_IN] < 0 || slot_bytes[CONV_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "conv: sizes overflow");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef conv_op;
const OpDef conv_op = {"conv", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, CONV_SLOTS, check};

}  // namespace sinter
