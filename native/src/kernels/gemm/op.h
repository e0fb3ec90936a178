// gemm: C[m,n] = epilogue(sum over k of (A[m,k] - a_zero_point) * W[n,k] + bias[n]).
// SPDX-License-Identifier: Apache-2.0
//
// Serves fully connected layers, 1x1 convolutions with stride 1 (m = batch * height * width) and the
// direct matrix product. Convolutions share its micro-kernels (tile_<isa>.h) and packings.
//
// slots    a        [m][k], lda elements from row to row
//          weights  packed; sources: W [n][k] row-major, bias [n] (optional), scale [n] (8 bits out only)
//          c        [m][n], ldc elements from row to row
// types    (a, w, c) = f32 f32 f32 (bias f32) | s8 s8 s8 (bias s32) | s8 s8 s32 (bias s32) | u8 u8 u8 (bias s32) | u8
// u8 s32 (bias s32) |
//          s16 s8 s16 (bias s64, or s32 where the requantization is of 32 bits; scale f64) |
//          f32 s8 f32 (bias f32, scale of the weights): activations are quantized by row, numerics xnn.dynamic8 |
//          f32 s4 f32: the same by int4 weights, two to a byte (packing_s4.h); with blocks their scales are half
//          precision | f32 s8 f32, f32 s4 f32 with a mode of WEIGHT_ONLY (dynamic.h): activations stay floats, numerics
//          f32.weight_only |
//          f32 bf16 f32, bf16 bf16 f32, f32 bf16 bf16, bf16 bf16 bf16 (bias f32; W as float or bfloat16, told apart by
//          its size): numerics bf16 | bf16 s8 f32, and, with a mode of WEIGHT_ONLY_BF16, bf16 s8 bf16, f32 s8 f32,
//          f32 s8 bf16 (bias f32, scale of the weights): the weights alone are quantized, numerics bf16s8
// layouts  NHWC: as above. PLANAR_QUADS: a is [ceil(k/4)][lda][4] and c is [ceil(n/4)][ldc][4], where
//          the m pixels stand side by side and lda, ldc >= m count pixels.
// weights  u8 weights have a zero point: the sum is over (A - a_zero_point) * (W - w_zero_point)
// epilogue s8->s8, u8->u8: numerics xnn.gemm; s8->s32, u8->s32: the plain sum; s16: tfl.gemm16; f32: clamp(sum + bias,
// act_min,
//          act_max)
#ifndef SINTER_KERNELS_GEMM_OP_H_
#define SINTER_KERNELS_GEMM_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_GEMM_FIELDS(F) \
  F(i32, m, RUN) /* rows of A and C, >= 0 */ \
  F(i32, n, PACK) /* >= 1 */ \
  F(i32, k, PACK) /* >= 1 */ \
  F(i32, lda, RUN) /* >= k (NHWC) or >= m (PLANAR_QUADS) */ \
  F(i32, ldc, RUN) /* >= n (NHWC) or >= m (PLANAR_QUADS) */ \
  F(i32, a_zero_point, PACK) /* s8: -128..127, u8: 0..255 */ \
  F(i32, w_zero_point, PACK) /* u8: 0..255, else 0 */ \
  F(i32, out_zero_point, RUN) /* integers of 8 and 16 bits out; s16: 0 */ \
  F(i32, out_min, RUN) /* 8 bits out: clamp in the quantized domain, min <= max */ \
  F(i32, out_max, RUN) \
  F(i32, requantization, PACK) /* s16: Requantization16 (packing_s16.h), else 0 */ \
  F(i32, dynamic, RUN) /* f32 by s8 or s4: DynamicMode (dynamic.h), else 0 */ \
  F(i32, block, PACK) /* the same: so many k share a scale, scales are [n][k / block]; 0: one scale per n */ \
  F(i32, pattern, PACK) /* zeros that the weights are known to have: GemmPattern; 0: none */ \
  F(f32, act_min, RUN) /* f32: clamp, -inf for none; NaN refused */ \
  F(f32, act_max, RUN)
// clang-format on
SINTER_PARAMS(GemmParams, SINTER_GEMM_FIELDS);

// Of every four weights that follow each other along k, from a multiple of 4, two at most are not zero. A promise that
// rows may use, whose packings then hold it; others ignore it.
enum GemmPattern { GEMM_PATTERN_NONE = 0, GEMM_PATTERN_2OF4 = 24 };

enum { GEMM_A, GEMM_WEIGHTS, GEMM_C, GEMM_SLOTS };
enum { GEMM_SOURCE_WEIGHTS, GEMM_SOURCE_BIAS, GEMM_SOURCE_SCALE, GEMM_SOURCES };

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_OP_H_
