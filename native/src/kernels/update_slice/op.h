// update_slice: a box of a tensor is overwritten; where it begins is read while running.
// SPDX-License-Identifier: Apache-2.0
//
// out holds the tensor already (a copy in front of this step); start[k] is brought into 0 .. d(k) - u(k).
//
// slots    update [u0] ... [u7], start [rank], out [d0] ... [d7] (elements of element_bytes), of which only the box is
//          written
// types    u8 (any type), s32 | s64, u8
// numerics exact
#ifndef SINTER_KERNELS_UPDATE_SLICE_OP_H_
#define SINTER_KERNELS_UPDATE_SLICE_OP_H_

#include "core/row.h"

namespace sinter {

enum { UPDATE_RANK = 8 };

// clang-format off
#define SINTER_UPDATE_SLICE_FIELDS(F) \
  F(i32, element_bytes, RUN) \
  F(i32, rank, RUN) /* 0 .. 8; the dimensions in front of the last `rank` ones are 1 */ \
  F(i32, d0, RUN) F(i32, d1, RUN) F(i32, d2, RUN) F(i32, d3, RUN) \
  F(i32, d4, RUN) F(i32, d5, RUN) F(i32, d6, RUN) F(i32, d7, RUN) \
  F(i32, u0, RUN) F(i32, u1, RUN) F(i32, u2, RUN) F(i32, u3, RUN) \
  F(i32, u4, RUN) F(i32, u5, RUN) F(i32, u6, RUN) F(i32, u7, RUN)
// clang-format on
SINTER_PARAMS(UpdateSliceParams, SINTER_UPDATE_SLICE_FIELDS);

enum { UPDATE_IN, UPDATE_START, UPDATE_OUT, UPDATE_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_UPDATE_SLICE_OP_H_
