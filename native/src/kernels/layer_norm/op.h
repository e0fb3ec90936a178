// layer_norm: rows brought to mean 0 and variance 1, or to a mean square of 1, then scaled and moved column by column.
// SPDX-License-Identifier: Apache-2.0
//
// mean = sum of the row / depth, variance = sum of (x - mean)^2 / depth, r = 1 / sqrt(variance + epsilon);
// as networks spell it, whose roundings stay theirs:
//   LAYER_NORM_FOLDED    out = x * (r * gamma) + (beta - mean * (r * gamma))
//   LAYER_NORM_CENTERED  out = (x - mean) * r * gamma + beta
// or, with r = 1 / sqrt(sum of x^2 / depth + epsilon),
//   LAYER_NORM_RMS       out = x * r * gamma; beta has no elements
//
// slots    in [rows][depth], gamma [depth], beta [depth], out [rows][depth]
// types    f32 f32 f32 f32
// numerics docs/numerics.md, "layer_norm.f32"
#ifndef SINTER_KERNELS_LAYER_NORM_OP_H_
#define SINTER_KERNELS_LAYER_NORM_OP_H_

#include "core/row.h"

namespace sinter {

enum LayerNormForm { LAYER_NORM_FOLDED, LAYER_NORM_CENTERED, LAYER_NORM_RMS, LAYER_NORM_FORMS };

// clang-format off
#define SINTER_LAYER_NORM_FIELDS(F) \
  F(i32, form, RUN) \
  F(i32, rows, RUN) \
  F(i32, depth, RUN) \
  F(f32, epsilon, RUN)
// clang-format on
SINTER_PARAMS(LayerNormParams, SINTER_LAYER_NORM_FIELDS);

enum { LAYER_NORM_IN, LAYER_NORM_GAMMA, LAYER_NORM_BETA, LAYER_NORM_OUT, LAYER_NORM_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_LAYER_NORM_OP_H_
