// strided: elements from one regular arrangement to another: transposes, slices, splits, tiles, ...
// SPDX-License-Identifier: Apache-2.0
//
// For every index i in [0, d0) x ... x [0, d7):
//   out[out_offset + sum of i_k * out_stride_k] = in[in_offset + sum of i_k * in_stride_k]
// Offsets and strides count elements; strides may be negative, and 0 on the input's side.
//
// slots    in, out (elements of element_bytes)
// types    u8 u8 (any type)
// numerics exact
#ifndef SINTER_KERNELS_STRIDED_OP_H_
#define SINTER_KERNELS_STRIDED_OP_H_

#include "core/row.h"

namespace sinter {

enum { STRIDED_RANK = 8 };

// clang-format off
#define SINTER_STRIDED_8(F, name) \
  F(i32, name##0, RUN) F(i32, name##1, RUN) F(i32, name##2, RUN) F(i32, name##3, RUN) \
  F(i32, name##4, RUN) F(i32, name##5, RUN) F(i32, name##6, RUN) F(i32, name##7, RUN)
#define SINTER_STRIDED_FIELDS(F) \
  F(i32, element_bytes, RUN) /* 1, 2, 4 or 8 */ \
  F(i32, in_offset, RUN) \
  F(i32, out_offset, RUN) \
  SINTER_STRIDED_8(F, d) \
  SINTER_STRIDED_8(F, in_stride) \
  SINTER_STRIDED_8(F, out_stride)
// clang-format on
SINTER_PARAMS(StridedParams, SINTER_STRIDED_FIELDS);

enum { STRIDED_IN, STRIDED_OUT, STRIDED_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_STRIDED_OP_H_
