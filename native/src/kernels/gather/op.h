// gather: slices of a tensor, chosen by index vectors that are read while running.
// SPDX-License-Identifier: Apache-2.0
//
//   out[b][o][i][:] = in[b][o][index[b][i][0]] ... [index[b][i][depth - 1]][:]
// in is [batch][outer][d0] ... [d(depth - 1)][slice_bytes], index [batch][positions][depth]. An index outside of its
// dimension is a fault: nothing is written.
//
// slots    in, index, out
// types    u8 (any type), s16 | s32 | s64, u8
// numerics exact
#ifndef SINTER_KERNELS_GATHER_OP_H_
#define SINTER_KERNELS_GATHER_OP_H_

#include "core/row.h"

namespace sinter {

enum { GATHER_DEPTH = 8 };

// clang-format off
#define SINTER_GATHER_FIELDS(F) \
  F(i32, batch, RUN) F(i32, outer, RUN) F(i32, positions, RUN) F(i32, slice_bytes, RUN) \
  F(i32, depth, RUN) /* 0 .. 8 */ \
  F(i32, d0, RUN) F(i32, d1, RUN) F(i32, d2, RUN) F(i32, d3, RUN) \
  F(i32, d4, RUN) F(i32, d5, RUN) F(i32, d6, RUN) F(i32, d7, RUN) /* those from `depth` on are 1 */
// clang-format on
SINTER_PARAMS(GatherParams, SINTER_GATHER_FIELDS);

enum { GATHER_IN, GATHER_INDEX, GATHER_OUT, GATHER_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_GATHER_OP_H_
