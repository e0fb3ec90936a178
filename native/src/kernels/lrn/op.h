// lrn: each value divided by a power of the squares of its neighbours along the channels.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in, out [rows][depth]: x / (bias + alpha * sum of squares of the channels within radius) ^ beta
// types    f32 f32
// numerics lrn.f32
#ifndef SINTER_KERNELS_LRN_OP_H_
#define SINTER_KERNELS_LRN_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_LRN_FIELDS(F) \
  F(i32, rows, RUN) /* >= 0 */ \
  F(i32, depth, RUN) /* >= 1 */ \
  F(i32, radius, RUN) /* >= 0 */ \
  F(f32, bias, RUN) \
  F(f32, alpha, RUN) \
  F(f32, beta, RUN)
// clang-format on
SINTER_PARAMS(LrnParams, SINTER_LRN_FIELDS);

enum { LRN_IN, LRN_OUT, LRN_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_LRN_OP_H_
