// argmax_pool: the largest value of each window, and where in the window it is.
// SPDX-License-Identifier: Apache-2.0
//
// Windows lie side by side: strides are the window's size. Positions in a window count down its columns first:
// place = x * kernel_h + y. Of equal values the first one counts. A position outside of the input is the nearest one
// inside: it adds no value, but may be the first of equal ones, so that its place is given.
//
// slots    in [batch][in_h][in_w][channels], values [batch][out_h][out_w][channels], places the same
// types    f32 f32 s32
// numerics exact
#ifndef SINTER_KERNELS_ARGMAX_POOL_OP_H_
#define SINTER_KERNELS_ARGMAX_POOL_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_ARGMAX_POOL_FIELDS(F) \
  F(i32, batch, RUN) \
  F(i32, in_h, RUN) F(i32, in_w, RUN) \
  F(i32, channels, RUN) \
  F(i32, out_h, RUN) F(i32, out_w, RUN) \
  F(i32, kernel_h, RUN) F(i32, kernel_w, RUN) \
  F(i32, pad_top, RUN) F(i32, pad_left, RUN)
// clang-format on
SINTER_PARAMS(ArgmaxPoolParams, SINTER_ARGMAX_POOL_FIELDS);

enum { ARGMAX_POOL_IN, ARGMAX_POOL_VALUES, ARGMAX_POOL_PLACES, ARGMAX_POOL_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_ARGMAX_POOL_OP_H_
