// unpool: values back to the places of the windows that they were the largest of; zeros elsewhere.
// SPDX-License-Identifier: Apache-2.0
//
// Places are those of argmax_pool: x * kernel_h + y in a window of kernel_h x kernel_w. One outside of its window is
// nowhere: all of the window is 0.
//
// slots    values [batch][in_h][in_w][channels], places the same,
//          out [batch][in_h * kernel_h][in_w * kernel_w][channels]
// types    f32 s32 f32
// numerics exact
#ifndef SINTER_KERNELS_UNPOOL_OP_H_
#define SINTER_KERNELS_UNPOOL_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_UNPOOL_FIELDS(F) \
  F(i32, batch, RUN) \
  F(i32, in_h, RUN) F(i32, in_w, RUN) \
  F(i32, channels, RUN) \
  F(i32, kernel_h, RUN) F(i32, kernel_w, RUN)
// clang-format on
SINTER_PARAMS(UnpoolParams, SINTER_UNPOOL_FIELDS);

enum { UNPOOL_VALUES, UNPOOL_PLACES, UNPOOL_OUT, UNPOOL_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_UNPOOL_OP_H_
