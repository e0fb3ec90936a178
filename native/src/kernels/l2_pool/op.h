// l2_pool: the root of the mean of squares over a window.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [batch][in_h][in_w][channels], out [batch][out_h][out_w][channels]; taps outside the input do not count
// types    f32 f32
// numerics l2_pool.f32
#ifndef SINTER_KERNELS_L2_POOL_OP_H_
#define SINTER_KERNELS_L2_POOL_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_L2_POOL_FIELDS(F) \
  F(i32, batch, RUN) \
  F(i32, in_h, RUN) \
  F(i32, in_w, RUN) \
  F(i32, channels, RUN) \
  F(i32, out_h, RUN) \
  F(i32, out_w, RUN) \
  F(i32, kernel_h, RUN) \
  F(i32, kernel_w, RUN) \
  F(i32, stride_h, RUN) \
  F(i32, stride_w, RUN) \
  F(i32, pad_top, RUN) \
  F(i32, pad_left, RUN) \
  F(f32, act_min, RUN) \
  F(f32, act_max, RUN)
// clang-format on
SINTER_PARAMS(L2PoolParams, SINTER_L2_POOL_FIELDS);

enum { L2_POOL_IN, L2_POOL_OUT, L2_POOL_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_L2_POOL_OP_H_
