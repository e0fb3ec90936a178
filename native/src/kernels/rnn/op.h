// rnn: the recurrent part of a plain recurrent layer, all steps of a sequence in one call:
// h = activation(x + recurrent weights * h).
// SPDX-License-Identifier: Apache-2.0
//
// A gemm before it computes the products of the input with the input weights, bias added, for all steps.
//
// slots    x          [rows][units]; row of step t, example b: time_major ? t * batch + b : b * steps + t
//          state_in   [batch][units], before the first step
//          weights    packed; sources: recurrent weights [units][units]; hybrid: a float scale per row of them
//          state_out  [batch][units] after the last step; may be the memory of state_in
//          out        [rows][units]
// types    (x, state, w, state, out) = f32 throughout | f32 f32 s8 f32 f32: hybrid, states are quantized on the way
// numerics rnn.f32 | rnn.hybrid
#ifndef SINTER_KERNELS_RNN_OP_H_
#define SINTER_KERNELS_RNN_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_RNN_FIELDS(F) \
  F(i32, steps, RUN) /* >= 0 */ \
  F(i32, batch, RUN) /* >= 0 */ \
  F(i32, units, PACK) /* 1..2^16 */ \
  F(i32, time_major, RUN) /* 0 or 1 */ \
  F(i32, backward, RUN) /* 0 or 1: steps are taken from the last to the first */ \
  F(i32, activation, RUN) /* LstmActivation (lstm/op.h) */ \
  F(i32, dynamic, RUN) /* hybrid: a folded DynamicMode (gemm/dynamic.h), else 0 */
// clang-format on
SINTER_PARAMS(RnnParams, SINTER_RNN_FIELDS);

enum { RNN_X, RNN_STATE_IN, RNN_WEIGHTS, RNN_STATE_OUT, RNN_OUT, RNN_SLOTS };
enum { RNN_SOURCE_RECURRENT, RNN_SOURCE_SCALES, RNN_SOURCES };

}  // namespace sinter

#endif  // SINTER_KERNELS_RNN_OP_H_
