// select: elements of one tensor where a condition holds, of another elsewhere; all three broadcast.
// SPDX-License-Identifier: Apache-2.0
//
// out[i] = condition[..] ? a[..] : b[..] for i in [0, d0) x ... x [0, d5); out has no gaps. Strides
// count elements and are 0 where a tensor is repeated.
//
// slots    condition, a, b, out (elements of element_bytes but for the condition)
// types    bool u8 u8 u8 (any type)
// numerics exact
#ifndef SINTER_KERNELS_SELECT_OP_H_
#define SINTER_KERNELS_SELECT_OP_H_

#include "core/row.h"

namespace sinter {

enum { SELECT_RANK = 6 };

// clang-format off
#define SINTER_SELECT_6(F, name) \
  F(i32, name##0, RUN) F(i32, name##1, RUN) F(i32, name##2, RUN) \
  F(i32, name##3, RUN) F(i32, name##4, RUN) F(i32, name##5, RUN)
#define SINTER_SELECT_FIELDS(F) \
  F(i32, element_bytes, RUN) /* 1, 2, 4 or 8 */ \
  SINTER_SELECT_6(F, d) \
  SINTER_SELECT_6(F, condition_stride) \
  SINTER_SELECT_6(F, a_stride) \
  SINTER_SELECT_6(F, b_stride)
// clang-format on
SINTER_PARAMS(SelectParams, SINTER_SELECT_FIELDS);

enum { SELECT_CONDITION, SELECT_A, SELECT_B, SELECT_OUT, SELECT_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_SELECT_OP_H_
