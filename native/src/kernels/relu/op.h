// relu: the relu family that no producer could absorb: clamps and the leaky relu.
// SPDX-License-Identifier: Apache-2.0
//
// kind 0 (clamp): out = min(max(x, act_min), act_max)   relu: 0, inf; relu6: 0, 6; relu_n1_to_1: -1, 1
// kind 1 (leaky): out = x >= 0 ? x : alpha * x
//
// slots    in [count], out [count]
// types    f32 f32 | s8 s8 | u8 u8 (scales may differ between input and output)
// numerics s8, u8: see docs/numerics.md (xnn.clamp, tfl.relu8, xnn.leaky_relu)
#ifndef SINTER_KERNELS_RELU_OP_H_
#define SINTER_KERNELS_RELU_OP_H_

#include "core/row.h"

namespace sinter {

enum ReluKind { RELU_CLAMP = 0, RELU_LEAKY = 1 };

// clang-format off
#define SINTER_RELU_FIELDS(F) \
  F(i32, kind, RUN) \
  F(i32, count, RUN) \
  F(f32, alpha, RUN) \
  F(f32, in_scale, RUN) \
  F(i32, in_zero_point, RUN) \
  F(f32, out_scale, RUN) \
  F(i32, out_zero_point, RUN) \
  F(i32, out_min, RUN) \
  F(i32, out_max, RUN) \
  F(f32, act_min, RUN) \
  F(f32, act_max, RUN)
// clang-format on
SINTER_PARAMS(ReluParams, SINTER_RELU_FIELDS);

enum { RELU_IN, RELU_OUT, RELU_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_RELU_OP_H_
