// pool: average or maximum over windows; taps outside the input do not count.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in   [batch][in_h][in_w][channels]
//          out  [batch][out_h][out_w][channels]
// types    f32 f32 | s8 s8 | u8 u8 | s16 s16 (input and output share scale and zero point)
// numerics average s8, u8, s16: tfl.average_pool (sum, divided by the number of taps inside, rounded half away
//          from zero, clamped); f32: sum / count, clamped; max: exact
#ifndef SINTER_KERNELS_POOL_OP_H_
#define SINTER_KERNELS_POOL_OP_H_

#include "core/row.h"

namespace sinter {

enum PoolKind { POOL_AVERAGE = 0, POOL_MAX = 1 };

// clang-format off
#define SINTER_POOL_FIELDS(F) \
  F(i32, kind, RUN) /* 0 average, 1 maximum */ \
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
  F(i32, out_min, RUN) \
  F(i32, out_max, RUN) \
  F(f32, act_min, RUN) \
  F(f32, act_max, RUN)
// clang-format on
SINTER_PARAMS(PoolParams, SINTER_POOL_FIELDS);

enum { POOL_IN, POOL_OUT, POOL_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_POOL_OP_H_
