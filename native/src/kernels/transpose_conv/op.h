// transpose_conv: transposed two-dimensional convolution (the gradient of a convolution) with stride.
// SPDX-License-Identifier: Apache-2.0
//
// out[b,y,x,o] = epilogue(bias[o] + sum over (i,j,c) with y + pad_top - i = iy * stride_h, x + pad_left - j = ix *
// stride_w for whole iy, ix inside the input, of (in[b,iy,ix,c] - zp) * (W[o,i,j,c] - w_zero_point))
//
// slots    in       [batch][in_h][in_w][in_c]
//          weights  packed; sources: W [out_c][kernel_h][kernel_w][in_c], bias [out_c] (optional), scale [out_c] (not
//                   f32)
//          out      [batch][out_h][out_w][out_c]
// types    (in, w, out) = f32 f32 f32 (bias f32) | s8 s8 s8 (bias s32) | u8 u8 u8 (bias s32) |
//          s16 s8 s16 (bias s64, or s32 where the requantization is of 32 bits; scale f64) |
//          f32 s8 f32 (bias f32, scale of the weights): each image is quantized by itself, numerics xnn.dynamic8 as the
//          delegate has it
// numerics s8, u8: xnn.gemm, s16: tfl.gemm16, f32: clamp(sum + bias, act_min, act_max)
#ifndef SINTER_KERNELS_TRANSPOSE_CONV_OP_H_
#define SINTER_KERNELS_TRANSPOSE_CONV_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_TRANSPOSE_CONV_FIELDS(F) \
  F(i32, batch, RUN) \
  F(i32, in_h, RUN) \
  F(i32, in_w, RUN) \
  F(i32, in_c, PACK) \
  F(i32, out_h, RUN) \
  F(i32, out_w, RUN) \
  F(i32, out_c, PACK) \
  F(i32, kernel_h, PACK) \
  F(i32, kernel_w, PACK) \
  F(i32, stride_h, PACK) /* stride_h * stride_w <= 4096 */ \
  F(i32, stride_w, PACK) \
  F(i32, pad_top, RUN) /* >= 0 */ \
  F(i32, pad_left, RUN) /* >= 0 */ \
  F(i32, in_zero_point, PACK) /* s8, u8 */ \
  F(i32, w_zero_point, PACK) /* u8: 0..255, else 0 */ \
  F(i32, out_zero_point, RUN) /* not f32; s16: 0 */ \
  F(i32, out_min, RUN) /* not f32 */ \
  F(i32, out_max, RUN) /* not f32 */ \
  F(i32, requantization, PACK) /* s16: Requantization16 (gemm/packing_s16.h), else 0 */ \
  F(f32, act_min, RUN) /* f32 */ \
  F(f32, act_max, RUN) /* f32 */
// clang-format on
SINTER_PARAMS(TransposeConvParams, SINTER_TRANSPOSE_CONV_FIELDS);

enum { TRANSPOSE_CONV_IN, TRANSPOSE_CONV_WEIGHTS, TRANSPOSE_CONV_OUT, TRANSPOSE_CONV_SLOTS };
enum { TRANSPOSE_CONV_SOURCE_WEIGHTS, TRANSPOSE_CONV_SOURCE_BIAS, TRANSPOSE_CONV_SOURCE_SCALE, TRANSPOSE_CONV_SOURCES };

}  // namespace sinter

#endif  // SINTER_KERNELS_TRANSPOSE_CONV_OP_H_
