// depthwise: convolution of each channel by itself, with a channel multiplier.
// SPDX-License-Identifier: Apache-2.0
//
// out[b,y,x,c*multiplier+d] = epilogue(bias[c*multiplier+d] + sum over (i,j) of
//   (in[b, y*stride_h + i*dilation_h - pad_top, x*stride_w + j*dilation_w - pad_left, c] - zp)
//     * W[i,j,c*multiplier+d]); taps outside the input add nothing.
//
// slots    in       [batch][in_h][in_w][in_c]
//          weights  packed; sources: W [kernel_h][kernel_w][in_c * multiplier], bias [in_c * multiplier]
//                   (optional), scale [in_c * multiplier] (not f32)
//          out      [batch][out_h][out_w][in_c * multiplier]
// types    (in, w, out) = f32 f32 f32 (bias f32) | s8 s8 s8 (bias s32) | u8 u8 u8 (bias s32) |
//          s16 s8 s16 (bias s64, or s32 where the requantization is of 32 bits; scale f64)
//          f32 s8 f32 (bias f32, scale of the weights): each image is quantized by itself, numerics xnn.dynamic8
//          u8 weights have a zero point: the sum is over (in - zp) * (W - w_zero_point)
// numerics s16: tfl.gemm16, s8, u8: xnn.gemm (the requantization is the same; s8 with `requantization`: tfl.gemm8, bias
//          s32, scale f64), f32: clamp(sum + bias, act_min, act_max)
#ifndef SINTER_KERNELS_DEPTHWISE_OP_H_
#define SINTER_KERNELS_DEPTHWISE_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_DEPTHWISE_FIELDS(F) \
  F(i32, batch, RUN) \
  F(i32, in_h, RUN) \
  F(i32, in_w, RUN) \
  F(i32, in_c, PACK) \
  F(i32, multiplier, PACK) \
  F(i32, out_h, RUN) \
  F(i32, out_w, RUN) \
  F(i32, kernel_h, PACK) \
  F(i32, kernel_w, PACK) \
  F(i32, stride_h, RUN) \
  F(i32, stride_w, RUN) \
  F(i32, dilation_h, RUN) \
  F(i32, dilation_w, RUN) \
  F(i32, pad_top, RUN) \
  F(i32, pad_left, RUN) \
  F(i32, in_zero_point, PACK) \
  F(i32, w_zero_point, PACK) /* u8: 0..255, else 0 */ \
  F(i32, out_zero_point, RUN) \
  F(i32, out_min, RUN) \
  F(i32, out_max, RUN) \
  F(i32, requantization, PACK) /* s16: Requantization16 (gemm/packing_s16.h); s8: 0, or one of its 32 bits */ \
  F(i32, dynamic, RUN) /* f32 s8: DynamicMode (gemm/dynamic.h), else 0 */ \
  F(f32, act_min, RUN) \
  F(f32, act_max, RUN)
// clang-format on
SINTER_PARAMS(DepthwiseParams, SINTER_DEPTHWISE_FIELDS);

enum { DEPTHWISE_IN, DEPTHWISE_WEIGHTS, DEPTHWISE_OUT, DEPTHWISE_SLOTS };
enum { DEPTHWISE_SOURCE_WEIGHTS, DEPTHWISE_SOURCE_BIAS, DEPTHWISE_SOURCE_SCALE, DEPTHWISE_SOURCES };

}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_OP_H_
