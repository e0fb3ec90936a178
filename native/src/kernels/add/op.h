// add: elementwise sum with broadcasting.
// SPDX-License-Identifier: Apache-2.0
//
// out[i0..i5] = epilogue(a[sum of i*a_stride] + b[sum of i*b_stride]); out is dense row-major with
// dimensions d0..d5 (leading ones are 1), strides count elements and are 0 where an operand is
// broadcast. The caller merges dimensions where it can, so that most sums arrive as one run.
//
// slots    a, b, out
// types    f32 f32 f32 | s8 s8 s8
// numerics s8: xnn.add (fixed point, see docs/numerics.md), f32: clamp(a + b, act_min, act_max)
#ifndef SINTER_KERNELS_ADD_OP_H_
#define SINTER_KERNELS_ADD_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_ADD_FIELDS(F) \
  F(i32, d0, RUN) \
  F(i32, d1, RUN) \
  F(i32, d2, RUN) \
  F(i32, d3, RUN) \
  F(i32, d4, RUN) \
  F(i32, d5, RUN) \
  F(i32, a_stride0, RUN) \
  F(i32, a_stride1, RUN) \
  F(i32, a_stride2, RUN) \
  F(i32, a_stride3, RUN) \
  F(i32, a_stride4, RUN) \
  F(i32, a_stride5, RUN) \
  F(i32, b_stride0, RUN) \
  F(i32, b_stride1, RUN) \
  F(i32, b_stride2, RUN) \
  F(i32, b_stride3, RUN) \
  F(i32, b_stride4, RUN) \
  F(i32, b_stride5, RUN) \
  F(f32, a_scale, RUN) \
  F(i32, a_zero_point, RUN) \
  F(f32, b_scale, RUN) \
  F(i32, b_zero_point, RUN) \
  F(f32, out_scale, RUN) \
  F(i32, out_zero_point, RUN) \
  F(i32, out_min, RUN) \
  F(i32, out_max, RUN) \
  F(f32, act_min, RUN) \
  F(f32, act_max, RUN)
// clang-format on
SINTER_PARAMS(AddParams, SINTER_ADD_FIELDS);

enum { ADD_A, ADD_B, ADD_OUT, ADD_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_ADD_OP_H_
