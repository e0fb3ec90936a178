// binary: one function of two tensors, element by element; both broadcast.
// SPDX-License-Identifier: Apache-2.0
//
// out[i] = f(a[sum of i_k * a_stride_k], b[sum of i_k * b_stride_k]) for i in [0, d0) x ... x [0, d5);
// out has no gaps. Strides count elements and are 0 where a tensor is repeated.
//
// slots    a, b, out
// types    f32 f32 f32: all up to atan2, and prelu
//          s32 s32 s32 | s64 s64 s64: all up to shift but atan2
//          s8 s8 s8 | u8 u8 u8 | s16 s16 s16: add, sub, mul, div, squared difference (s8), prelu (not s16), all of
//            quantized numbers; the add and sub of powers of two (s16); max, min, floor_div, floor_mod, xor, shift of
//            the stored numbers
//          t t bool: comparisons of f32, s32, s64, s8, u8, s16, bool; and, or of bool. With scales, 8 and 16 bits are
//            compared as tfl.compare says, else as they are stored
// faults   0 among the divisors of integers, and of floor_div of any type: nothing is written
// numerics docs/numerics.md, "binary"
#ifndef SINTER_KERNELS_BINARY_OP_H_
#define SINTER_KERNELS_BINARY_OP_H_

#include "core/row.h"

namespace sinter {

enum BinaryFunction {  // rows' limits in kernels.inc name some by number
  BINARY_ADD,
  BINARY_SUB,
  BINARY_MUL,
  BINARY_DIV,
  BINARY_MAX,
  BINARY_MIN,
  BINARY_POW,
  BINARY_SQUARED_DIFFERENCE,
  BINARY_FLOOR_DIV,
  BINARY_FLOOR_MOD,
  BINARY_ATAN2,
  BINARY_XOR,
  BINARY_SHIFT,
  BINARY_LESS,
  BINARY_LESS_EQUAL,
  BINARY_GREATER,
  BINARY_GREATER_EQUAL,
  BINARY_EQUAL,
  BINARY_NOT_EQUAL,
  BINARY_AND,
  BINARY_OR,
  BINARY_PRELU,  // a >= 0 ? a : a * b
  BINARY_ADD_POWERS,
  BINARY_SUB_POWERS,
  BINARY_FUNCTIONS
};

enum { BINARY_RANK = 6 };

// clang-format off
#define SINTER_BINARY_6(F, name) \
  F(i32, name##0, RUN) F(i32, name##1, RUN) F(i32, name##2, RUN) \
  F(i32, name##3, RUN) F(i32, name##4, RUN) F(i32, name##5, RUN)
#define SINTER_BINARY_FIELDS(F) \
  F(i32, function, RUN) \
  SINTER_BINARY_6(F, d) \
  SINTER_BINARY_6(F, a_stride) \
  SINTER_BINARY_6(F, b_stride) \
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
SINTER_PARAMS(BinaryParams, SINTER_BINARY_FIELDS);

enum { BINARY_A, BINARY_B, BINARY_OUT, BINARY_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_OP_H_
