// The contract of depthwise: fields, slots, which parameters are refused, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"
#include "kernels/gemm/packing_s16.h"

namespace sinter {
namespace {

typedef DepthwiseParams P;
const Field fields[] = {SINTER_DEPTHWISE_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"weights", SLOT_WEIGHTS}, {"out", SLOT_OUT}};

// Kernels compute with coordinates of the padded input in 32 bits.
bool coordinates_fit(int64_t out, int64_t stride, int64_t kernel, int64_t dilation, int64_t pad, int64_t in) {
  const int64_t last = out > 0 ? (out - 1) * stride : 0;
  const int64_t reach = (kernel - 1) * dilation;
  return last <= INT32_MAX / 2 && reach <= INT32_MAX / 2 && pad <= INT32_MAX / 2 && in <= INT32_MAX / 2;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.batch < 0 || p.in_h < 0 || p.in_w < 0 || p.out_h < 0 || p.out_w < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: sizes must not be negative (batch %d, in %dx%d, out %dx%d)",
                p.batch, p.in_h, p.in_w, p.out_h, p.out_w);
  }
  if (p.in_c < 1 || p.multiplier < 1 || p.kernel_h < 1 || p.kernel_w < 1 || p.stride_h < 1 || p.stride_w < 1 ||
      p.dilation_h < 1 || p.dilation_w < 1) {
    return fail(SINTER_INVALID_ARGUMENT,
                "depthwise: in_c %d, multiplier %d, kernel %dx%d, stride %dx%d, dilation %dx%d must be at least 1",
                p.in_c, p.multiplier, p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.dilation_h, p.dilation_w);
  }
  if (p.pad_top < 0 || p.pad_left < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: padding %d, %d must not be negative", p.pad_top, p.pad_left);
  }
  if (!coordinates_fit(p.out_h, p.stride_h, p.kernel_h, p.dilation_h, p.pad_top, p.in_h) ||
      !coordinates_fit(p.out_w, p.stride_w, p.kernel_w, p.dilation_w, p.pad_left, p.in_w)) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: kernel, dilation, stride or padding reach too far");
  }
  const int64_t channels = int64_t{p.in_c} * p.multiplier;
  const int64_t taps = int64_t{p.kernel_h} * p.kernel_w;
  // 255 * 128 * 65536 and 255 * 255 * 33025 < 2^31: the sum of products cannot overflow, whatever the values.
  const DataType type = row->types[DEPTHWISE_IN];
  if (channels > INT32_MAX / 8 || taps > (type == U8 ? 33025 : 65536)) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: %lld channels, %lld taps are too many", (long long)channels,
                (long long)taps);
  }
  if (type == U8 ? p.w_zero_point < 0 || p.w_zero_point > 255 : p.w_zero_point != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: w_zero_point %d", p.w_zero_point);
  }
  // int8 may be requantized in fixed point of 32 bits, too.
  const bool fixed_8 =
      type == S8 && (p.requantization == REQUANTIZE_FIXED_32 || p.requantization == REQUANTIZE_UPWARD_32);
  if (!fixed_8 && (p.requantization < 0 || p.requantization > (type == S16 ? 3 : 0))) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: requantization %d", p.requantization);
  }
  if (p.dynamic < 0 || p.dynamic > (type == F32 && row->types[DEPTHWISE_WEIGHTS] == S8 ? 2 : 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: dynamic %d", p.dynamic);
  }
  if (type == S16 && (p.in_zero_point != 0 || p.out_zero_point != 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: zero points %d and %d of int16", p.in_zero_point,
                p.out_zero_point);
  }
  const bool floats = type == F32 || type == BF16;
  if (!floats) {
    const int32_t low = type == S8 ? -128 : type == U8 ? 0 : -32768, high = type == S16 ? 32767 : low + 255;
    if (p.in_zero_point < low || p.in_zero_point > high || p.out_zero_point < low || p.out_zero_point > high) {
      return fail(SINTER_INVALID_ARGUMENT, "depthwise: zero points %d, %d are outside the type", p.in_zero_point,
                  p.out_zero_point);
    }
    if (p.out_min < low || p.out_max > high || p.out_min > p.out_max) {
      return fail(SINTER_INVALID_ARGUMENT, "depthwise: output range %d..%d is empty or outside the type", p.out_min,
                  p.out_max);
    }
  } else if (isnan(p.act_min) || isnan(p.act_max) || p.act_min > p.act_max) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: activation range %g..%g is empty or not a number", p.act_min,
                p.act_max);
  }
  slot_bytes[DEPTHWISE_IN] = checked_product({p.batch, p.in_h, p.in_w, p.in_c, element_bytes(type)});
  slot_bytes[DEPTHWISE_WEIGHTS] = 0;
  slot_bytes[DEPTHWISE_OUT] =
      checked_product({p.batch, p.out_h, p.out_w, channels, element_bytes(row->types[DEPTHWISE_OUT])});
  if (slot_bytes[DEPTHWISE_IN] < 0 || slot_bytes[DEPTHWISE_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "depthwise: its tensors are larger than any memory");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef depthwise_op;
const OpDef depthwise_op = {"depthwise",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                            DEPTHWISE_SLOTS, check};

}  // namespace sinter
