// batch_matmul: matrix products of two run-time operands, batch dimensions broadcast.
// SPDX-License-Identifier: Apache-2.0
//
// For every (i,j,l) in batch0 x batch1 x batch2:
//   C[i,j,l] = epilogue(A'[i*a_batch0 + j*a_batch1 + l*a_batch2] x B'[...]), A' m x k, B' k x n, where a
// stored matrix is transposed first when its flag says so (transpose_a: stored k x m; transpose_b: n x k).
// m >= 0; n, k >= 1; k at most 33025 in s8, so that int32 holds every sum. Rows of a stored matrix are a_row, b_row,
// c_row elements apart, 0: they follow each other; where c_row is not 0, products are c_batch* apart and do not
// overlap.
//
// slots    a, b, c  (a_batch*, b_batch*, c_batch* count elements; 0 broadcasts a or b; c is dense where c_row is 0)
// types    (a, b, c) = f32 f32 f32 | s8 s8 s8 | s16 s16 s16 | s16 s8 s16 (no zero points) |
//          f32 f32 f32 with bf16 = 1: both operands are rounded on the way, numerics bf16 |
//          f32 s8 f32: rows of A' are quantized on the way, as gemm's are; `scale` is B's
// numerics s8: int32 sum of (a-azp)*(b-bzp), then xnn.gemm's requantization with the float `scale`: TFLite hands this
//          op to XNNPACK by default (200 random models, 170,218 elements: all equal to this, 20 unlike the
//          fixed-point form of TFLite's built-in kernel). The delegate takes no notice of B's zero point: only 0
//          gives what TFLite 2.21 gives, any other what is mathematically meant. f32: the plain sum, NaN kept.
//          s16: int64 sum, then tfl.gemm16's FIXED_64
#ifndef SINTER_KERNELS_BATCH_MATMUL_OP_H_
#define SINTER_KERNELS_BATCH_MATMUL_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_BATCH_MATMUL_FIELDS(F) \
  F(i32, batch0, RUN) \
  F(i32, batch1, RUN) \
  F(i32, batch2, RUN) \
  F(i32, a_batch0, RUN) \
  F(i32, a_batch1, RUN) \
  F(i32, a_batch2, RUN) \
  F(i32, b_batch0, RUN) \
  F(i32, b_batch1, RUN) \
  F(i32, b_batch2, RUN) \
  F(i32, m, RUN) \
  F(i32, n, RUN) \
  F(i32, k, RUN) \
  F(i32, transpose_a, RUN) /* 0 or 1 */ \
  F(i32, transpose_b, RUN) \
  F(i32, a_row, RUN) \
  F(i32, b_row, RUN) \
  F(i32, c_row, RUN) \
  F(i32, c_batch0, RUN) \
  F(i32, c_batch1, RUN) \
  F(i32, c_batch2, RUN) \
  F(i32, a_zero_point, RUN) \
  F(i32, b_zero_point, RUN) \
  F(i32, out_zero_point, RUN) \
  F(f32, scale, RUN) /* a_scale * b_scale / out_scale, for definitions with a float scale */ \
  F(i32, scale_multiplier, RUN) /* the same as Q31 mantissa and left shift */ \
  F(i32, scale_shift, RUN) \
  F(i32, dynamic, RUN) /* f32 s8: DynamicMode (gemm/dynamic.h), else 0 */ \
  F(i32, out_min, RUN) \
  F(i32, out_max, RUN) \
  F(i32, bf16, RUN) /* f32: 0 or 1, see types; else 0 */
// clang-format on
SINTER_PARAMS(BatchMatmulParams, SINTER_BATCH_MATMUL_FIELDS);

enum { BATCH_MATMUL_A, BATCH_MATMUL_B, BATCH_MATMUL_C, BATCH_MATMUL_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_OP_H_
