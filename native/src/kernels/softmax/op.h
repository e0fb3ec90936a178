// softmax: exp(beta * x) / sum over the last dimension, per row.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [rows][depth], out [rows][depth]
// types    f32 f32 | s8 s8 | s8 s16
// numerics s8: tfl.softmax8 (TFLite's built-in: table of 256 float exponentials), f32: within tolerance
#ifndef SINTER_KERNELS_SOFTMAX_OP_H_
#define SINTER_KERNELS_SOFTMAX_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_SOFTMAX_FIELDS(F) \
  F(i32, rows, RUN) \
  F(i32, depth, RUN) \
  F(f32, beta, RUN) \
  F(f32, in_scale, RUN) \
  F(f32, out_scale, RUN) \
  F(i32, out_zero_point, RUN)
// clang-format on
SINTER_PARAMS(SoftmaxParams, SINTER_SOFTMAX_FIELDS);

enum { SOFTMAX_IN, SOFTMAX_OUT, SOFTMAX_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_SOFTMAX_OP_H_
