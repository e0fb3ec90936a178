// unary: one function of a tensor, element by element.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [count], out [count]
// types    f32 f32 | s32 s32 (abs, neg, square, sign) | s64 s64 (the same) | bool bool (not)
//          s16 s16 (leaky relu, quantized)
// numerics docs/numerics.md, "unary"
#ifndef SINTER_KERNELS_UNARY_OP_H_
#define SINTER_KERNELS_UNARY_OP_H_

#include "core/row.h"

namespace sinter {

enum UnaryFunction {
  UNARY_ABS,
  UNARY_NEG,
  UNARY_SQUARE,
  UNARY_SIGN,
  UNARY_NOT,
  UNARY_EXP,
  UNARY_LOG,
  UNARY_SQRT,
  UNARY_RSQRT,
  UNARY_SIN,
  UNARY_COS,
  UNARY_FLOOR,
  UNARY_CEIL,
  UNARY_ROUND,
  UNARY_LOGISTIC,
  UNARY_TANH,
  UNARY_HARD_SWISH,
  UNARY_ELU,
  UNARY_GELU,
  UNARY_GELU_APPROXIMATE,
  UNARY_LEAKY_RELU,
  UNARY_SILU,  // x times logistic of x
  UNARY_FUNCTIONS
};

// clang-format off
#define SINTER_UNARY_FIELDS(F) \
  F(i32, function, RUN) \
  F(i32, count, RUN) \
  F(f32, alpha, RUN) \
  F(f32, in_scale, RUN) \
  F(f32, out_scale, RUN)
// clang-format on
SINTER_PARAMS(UnaryParams, SINTER_UNARY_FIELDS);

enum { UNARY_IN, UNARY_OUT, UNARY_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_UNARY_OP_H_
