// lstm: the recurrent part of a long short-term memory layer, all steps of a sequence in one call.
// SPDX-License-Identifier: Apache-2.0
//
// The products of the input with the input weights do not depend on the state: a gemm computes them for all steps at
// once, and this op adds per step those of the output state, then gates, cell and output.
//
// Gates stand in the order input, forget, cell, output; with cifg there is no input gate (it is 1 - forget), so G = 3.
//
// slots    x          [rows][G * cell], the gemm's result; row of step t, example b: time_major ? t * batch + b
//                     : b * steps + t
//          state_in   [batch][output], before the first step
//          cell_in    [batch][cell]
//          weights    packed; sources below
//          state_out  [batch][output] after the last step; may be the memory of state_in
//          cell_out   [batch][cell]; may be the memory of cell_in
//          out        [rows][output]
// types    (x, state, cell, w, state, cell, out) = f32 throughout | s32 s8 s16 s8 s8 s16 s8 |
//          f32 f32 f32 s8 f32 f32 f32: hybrid, states are quantized on the way to the int8 weights (gemm's f32 s8 f32)
// numerics lstm.f32 | tfl.lstm8 | lstm.hybrid
//
// backward: steps are taken from the last to the first.
//
// sources  recurrent weights [G * cell][output]; projection weights [output][cell] and bias [output] (f32 or s32), or
//          absent; peephole weights [G - 1][cell] (input, forget, output; f32 or s16), or absent; layer norm weights
//          [G][cell] (f32 or s16) and bias [G][cell] (f32 or s32), or absent (then the bias is in x);
//          s8: LstmFactors, 40 x int32; hybrid: scales of the recurrent weights' rows [G * cell], then of the
//          projection's [output], the latter or absent; else absent
#ifndef SINTER_KERNELS_LSTM_OP_H_
#define SINTER_KERNELS_LSTM_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_LSTM_FIELDS(F) \
  F(i32, steps, RUN) /* >= 0 */ \
  F(i32, batch, RUN) /* >= 0 */ \
  F(i32, cell, PACK) /* cells, 1..2^20 */ \
  F(i32, output, PACK) /* outputs, 1..2^20; without a projection equal to cell */ \
  F(i32, time_major, RUN) /* 0 or 1 */ \
  F(i32, backward, RUN) /* 0 or 1 */ \
  F(i32, cifg, PACK) /* 0 or 1: no input gate */ \
  F(i32, peephole, PACK) /* 0 or 1 */ \
  F(i32, layer_norm, PACK) /* 0 or 1 */ \
  F(i32, projection, PACK) /* 0 or 1 */ \
  F(i32, activation, RUN) /* of cell and output: LstmActivation; s8: always tanh */ \
  F(f32, cell_clip, RUN) /* the cell's values are kept within -clip..clip; 0: not. s8: in quantized units */ \
  F(f32, projection_clip, RUN) \
  F(i32, cell_shift, RUN) /* s8: the cell's scale is 2^cell_shift, -15..-9 */ \
  F(i32, dynamic, RUN) /* hybrid: a folded DynamicMode (gemm/dynamic.h), else 0 */ \
  F(i32, state_zero_point, PACK) /* s8 */ \
  F(i32, hidden_zero_point, PACK) /* s8: of what the projection reads; without one of the output */
// clang-format on
SINTER_PARAMS(LstmParams, SINTER_LSTM_FIELDS);

enum { LSTM_X, LSTM_STATE_IN, LSTM_CELL_IN, LSTM_WEIGHTS, LSTM_STATE_OUT, LSTM_CELL_OUT, LSTM_OUT, LSTM_SLOTS };
enum {
  LSTM_SOURCE_RECURRENT,
  LSTM_SOURCE_PROJECTION,
  LSTM_SOURCE_PROJECTION_BIAS,
  LSTM_SOURCE_PEEPHOLE,
  LSTM_SOURCE_NORM,
  LSTM_SOURCE_NORM_BIAS,
  LSTM_SOURCE_FACTORS,
  LSTM_SOURCE_SCALES,
  LSTM_SOURCES
};
// As TFLite's schema counts them.
enum LstmActivation { LSTM_NONE = 0, LSTM_RELU = 1, LSTM_RELU_N1_TO_1 = 2, LSTM_RELU6 = 3, LSTM_TANH = 4 };

}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_OP_H_
