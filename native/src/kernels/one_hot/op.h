// one_hot: one value where an index says so, another one elsewhere.
// SPDX-License-Identifier: Apache-2.0
//
//   out[o][d][i] = index[o][i] == d ? on : off
// An index that is none of 0 .. depth - 1 is nowhere.
//
// slots    index [outer][inner], on, off (an element each), out [outer][depth][inner]
// types    s32 | s64, u8, u8, u8 (any type)
// numerics exact
#ifndef SINTER_KERNELS_ONE_HOT_OP_H_
#define SINTER_KERNELS_ONE_HOT_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_ONE_HOT_FIELDS(F) \
  F(i32, element_bytes, RUN) /* 1, 2, 4 or 8 */ \
  F(i32, outer, RUN) F(i32, depth, RUN) F(i32, inner, RUN)
// clang-format on
SINTER_PARAMS(OneHotParams, SINTER_ONE_HOT_FIELDS);

enum { ONE_HOT_INDEX, ONE_HOT_ON, ONE_HOT_OFF, ONE_HOT_OUT, ONE_HOT_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_ONE_HOT_OP_H_
