// svdf: a rank-decomposed layer with a memory: what a filter gave in the last runs, weighed by time.
// SPDX-License-Identifier: Apache-2.0
//
// A gemm before it applies the feature filters to the input. This op puts its results behind what the memory holds of
// earlier runs, drops the oldest, and weighs each filter's memory; `rank` neighbours make one unit.
//
// slots    x [batch][units * rank], state_in and state_out [batch][units * rank][memory] (may be the same memory),
//          time [units * rank][memory], bias [units] (not read without has_bias), out [batch][units]
// types    (x, state, time, bias, state, out) = f32 throughout | s32 s16 s16 s32 s16 s8 | s32 s8 s8 s32 s8 s8
// numerics svdf.f32 | tfl.svdf8
#ifndef SINTER_KERNELS_SVDF_OP_H_
#define SINTER_KERNELS_SVDF_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_SVDF_FIELDS(F) \
  F(i32, batch, RUN) /* >= 0 */ \
  F(i32, units, RUN) /* >= 1 */ \
  F(i32, rank, RUN) /* >= 1 */ \
  F(i32, memory, RUN) /* >= 1 */ \
  F(i32, has_bias, RUN) /* 0 or 1 */ \
  F(i32, activation, RUN) /* f32: none, relu, relu_n1_to_1, relu6, tanh as 0..4 */ \
  F(i32, feature_mantissa, RUN) /* s8: x to the state, tfl.fixed_point */ \
  F(i32, feature_shift, RUN) /* -31..30 */ \
  F(i32, time_mantissa, RUN) /* s8: sums to the output */ \
  F(i32, time_shift, RUN) /* -31..30 */ \
  F(i32, state_zero_point, RUN) /* s8 with a memory of 8 bits, else 0 */ \
  F(i32, out_zero_point, RUN) /* s8 */
// clang-format on
SINTER_PARAMS(SvdfParams, SINTER_SVDF_FIELDS);

enum { SVDF_X, SVDF_STATE_IN, SVDF_TIME, SVDF_BIAS, SVDF_STATE_OUT, SVDF_OUT, SVDF_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_SVDF_OP_H_
