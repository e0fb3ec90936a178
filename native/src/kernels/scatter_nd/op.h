// scatter_nd: slices are added to zeros at coordinates that are read while running. SPDX-License-Identifier: Apache-2.0
//
//   out = 0; for i in 0 .. count - 1: out[index[i][0]] ... [index[i][depth - 1]][:] += update[i][:]
// out is [d0] ... [d(depth - 1)][slice]. An index outside of its dimension is a fault: nothing is written. Integers
// wrap around; of booleans, which are added by `or`, all that are not 0 are true.
//
// slots    index [count][depth], update [count][slice], out
// types    s32, f32, f32 | s32, s32, s32 | s32, s64, s64 | s32, s8, s8 | s32, u8, u8 | s32, bool, bool
// numerics exact: one rounding per addition, in the order of the indices
#ifndef SINTER_KERNELS_SCATTER_ND_OP_H_
#define SINTER_KERNELS_SCATTER_ND_OP_H_

#include "core/row.h"

namespace sinter {

enum { SCATTER_DEPTH = 8 };

// clang-format off
#define SINTER_SCATTER_ND_FIELDS(F) \
  F(i32, count, RUN) F(i32, slice, RUN) \
  F(i32, depth, RUN) /* 0 .. 8 */ \
  F(i32, d0, RUN) F(i32, d1, RUN) F(i32, d2, RUN) F(i32, d3, RUN) \
  F(i32, d4, RUN) F(i32, d5, RUN) F(i32, d6, RUN) F(i32, d7, RUN) /* those from `depth` on are 1 */
// clang-format on
SINTER_PARAMS(ScatterNdParams, SINTER_SCATTER_ND_FIELDS);

enum { SCATTER_INDEX, SCATTER_UPDATE, SCATTER_OUT, SCATTER_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_SCATTER_ND_OP_H_
