// fold: reductions over any dimensions: sum, product, largest, smallest, any, all, where the largest is.
// SPDX-License-Identifier: Apache-2.0
//
// out[i] = f over r of in[sum of i_k * kept_stride_k + sum of r_k * folded_stride_k] for i in
// [0, kept0) x ... x [0, kept3) and r in [0, folded0) x ... x [0, folded3), r counting upwards from
// the first dimension to the last. Strides count elements.
//
// slots    in, out [kept]
// types    f32 f32 | s32 s32 | s64 s64: sum, product, max, min; s8 s8 | u8 u8 | s16 s16: max, min
//          bool bool: any, all; f32 s32 | s8 s32 | u8 s32 | s32 s32: arg max, arg min
// numerics fold.f32, exact (docs/numerics.md)
#ifndef SINTER_KERNELS_FOLD_OP_H_
#define SINTER_KERNELS_FOLD_OP_H_

#include "core/row.h"

namespace sinter {

enum FoldFunction {
  FOLD_SUM,
  FOLD_PRODUCT,
  FOLD_MAX,
  FOLD_MIN,
  FOLD_ANY,
  FOLD_ALL,
  FOLD_ARG_MAX,
  FOLD_ARG_MIN,
  FOLD_FUNCTIONS
};

enum { FOLD_RANK = 4 };

// clang-format off
#define SINTER_FOLD_4(F, name) \
  F(i32, name##0, RUN) F(i32, name##1, RUN) F(i32, name##2, RUN) F(i32, name##3, RUN)
#define SINTER_FOLD_FIELDS(F) \
  F(i32, function, RUN) \
  SINTER_FOLD_4(F, kept) \
  SINTER_FOLD_4(F, kept_stride) \
  SINTER_FOLD_4(F, folded) \
  SINTER_FOLD_4(F, folded_stride)
// clang-format on
SINTER_PARAMS(FoldParams, SINTER_FOLD_FIELDS);

enum { FOLD_IN, FOLD_OUT, FOLD_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_FOLD_OP_H_
