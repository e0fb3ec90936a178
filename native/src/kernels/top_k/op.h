// top_k: the largest values of each row and where they stand.
// SPDX-License-Identifier: Apache-2.0
//
// From the largest down; equal values in the order of their places; NaN behind all numbers.
//
// slots    in [rows][count], values [rows][k], places [rows][k]
// types    f32 | s8 | u8 | s16 | s32 | s64, the same, s32
// numerics exact
#ifndef SINTER_KERNELS_TOP_K_OP_H_
#define SINTER_KERNELS_TOP_K_OP_H_

#include "core/row.h"

namespace sinter {

#define SINTER_TOP_K_FIELDS(F) F(i32, rows, RUN) F(i32, count, RUN) F(i32, k, RUN)
SINTER_PARAMS(TopKParams, SINTER_TOP_K_FIELDS);

enum { TOP_K_IN, TOP_K_VALUES, TOP_K_PLACES, TOP_K_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_TOP_K_OP_H_
