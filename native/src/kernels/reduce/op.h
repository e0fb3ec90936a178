// reduce: means, sums and quantized products over some axes.
// SPDX-License-Identifier: Apache-2.0
//
// The input is dense row-major with dimensions d0..d5; bit i of `axes` is set when dimension i is
// reduced. The output is dense over the remaining dimensions, in order.
//
// slots    in, out
// types    f32 f32 | s8 s8 | u8 u8 | s16 s16: mean, sum; s32 s32 | s64 s64: mean
//          s8 s8 | s16 s16 (rows of their own, product): every factor is rescaled on the way
// numerics docs/numerics.md, "reduce"
#ifndef SINTER_KERNELS_REDUCE_OP_H_
#define SINTER_KERNELS_REDUCE_OP_H_

#include "core/row.h"

namespace sinter {

enum ReduceKind { REDUCE_MEAN = 0, REDUCE_SUM = 1, REDUCE_PRODUCT = 2 };

// clang-format off
#define SINTER_REDUCE_FIELDS(F) \
  F(i32, kind, RUN) \
  F(i32, d0, RUN) \
  F(i32, d1, RUN) \
  F(i32, d2, RUN) \
  F(i32, d3, RUN) \
  F(i32, d4, RUN) \
  F(i32, d5, RUN) \
  F(i32, axes, RUN) \
  F(f32, in_scale, RUN) \
  F(i32, in_zero_point, RUN) \
  F(f32, out_scale, RUN) \
  F(i32, out_zero_point, RUN)
// clang-format on
SINTER_PARAMS(ReduceParams, SINTER_REDUCE_FIELDS);

enum { REDUCE_IN, REDUCE_OUT, REDUCE_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_REDUCE_OP_H_
