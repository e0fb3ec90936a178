// conv: two-dimensional convolution with stride, dilation, groups and implicit zero padding.
// SPDX-License-Identifier: Apache-2.0
//
// out[b,y,x,o] = epilogue(bias[o] + sum over (i,j,c) of
//   (in[b, y*stride_h + i*dilation_h - pad_top, x*stride_w + j*dilation_w - pad_left, g*C+c] - zp) * W[o,i,j,c])
// with C = in_c / groups and g = o / (out_c / groups); taps outside the input add nothing. Padding
// below and right follows from out_h and out_w, which the caller chooses (SAME, VALID, a fused PAD).
//
// slots    in       [batch][in_h][in_w][in_c]
//          weights  packed; sources: W [out_c][kernel_h][kernel_w][in_c / groups], bias [out_c] (optional),
//                   scale [out_c] (not f32)
//          out      [batch][out_h][out_w][out_c]
// types    (in, w, out) = f32 f32 f32 (bias f32) | s8 s8 s8 (bias s32) | u8 u8 u8 (bias s32) |
//          s16 s8 s16 (bias s64, or s32 where the requantization is of 32 bits; scale f64)
//          f32 s8 f32 (bias f32, scale of the weights): each image is quantized by itself, numerics xnn.dynamic8
//          f32 s8 f32, f32 s4 f32 with `dynamic` WEIGHT_ONLY (scale of the weights), f32 f16 f32: weights are widened,
//          numerics f32.weight_only and f32
//          f32 s8 f32, f32 s8 bf16, bf16 s8 f32, bf16 s8 bf16 with `dynamic` WEIGHT_ONLY_BF16 (scale of the weights):
//          numerics bf16s8
//          f32 bf16 f32, f32 bf16 bf16, bf16 bf16 f32, bf16 bf16 bf16 (bias f32; W as float or bfloat16, told apart by
//          its size): numerics bf16 u8 weights have a zero point: the sum is over (in - zp) * (W - w_zero_point)
// numerics s8, u8: xnn.gemm (s8 with `requantization`: tfl.gemm8, bias s32, scale f64), s16: tfl.gemm16, f32: clamp(sum
// + bias, act_min, act_max)
#ifndef SINTER_KERNELS_CONV_OP_H_
#define SINTER_KERNELS_CONV_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_CONV_FIELDS(F) \
  F(i32, batch, RUN) \
  F(i32, in_h, RUN) \
  F(i32, in_w, RUN) \
  F(i32, in_c, PACK) \
  F(i32, out_h, RUN) \
  F(i32, out_w, RUN) \
  F(i32, out_c, PACK) \
  F(i32, kernel_h, PACK) \
  F(i32, kernel_w, PACK) \
  F(i32, stride_h, RUN) \
  F(i32, stride_w, RUN) \
  F(i32, dilation_h, RUN) \
  F(i32, dilation_w, RUN) \
  F(i32, pad_top, RUN) /* >= 0 */ \
  F(i32, pad_left, RUN) /* >= 0 */ \
  F(i32, groups, PACK) /* divides in_c and out_c */ \
  F(i32, in_zero_point, PACK) /* s8, u8 */ \
  F(i32, w_zero_point, PACK) /* u8: 0..255, else 0 */ \
  F(i32, out_zero_point, RUN) /* not f32; s16: 0 */ \
  F(i32, out_min, RUN) /* not f32 */ \
  F(i32, out_max, RUN) /* not f32 */ \
  F(i32, requantization, PACK) /* s16: Requantization16 (gemm/packing_s16.h); s8: 0, or one of its 32 bits */ \
  F(i32, dynamic, RUN) /* f32 s8, bf16 s8: DynamicMode (gemm/dynamic.h), else 0 */ \
  F(f32, act_min, RUN) /* f32 */ \
  F(f32, act_max, RUN) /* f32 */
// clang-format on
SINTER_PARAMS(ConvParams, SINTER_CONV_FIELDS);

enum { CONV_IN, CONV_WEIGHTS, CONV_OUT, CONV_SLOTS };
enum { CONV_SOURCE_WEIGHTS, CONV_SOURCE_BIAS, CONV_SOURCE_SCALE, CONV_SOURCES };

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_OP_H_
