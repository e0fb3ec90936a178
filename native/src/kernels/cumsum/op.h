// cumsum: running sums along one dimension.
// SPDX-License-Identifier: Apache-2.0
//
// out[o][d][i] = sum of in[o][k][i] over k <= d (exclusive: k < d; reverse: k >= d, or k > d), added in that order,
// from 0 on.
//
// slots    in [outer][depth][inner], out
// types    f32 f32 | s32 s32 | s64 s64
// numerics exact: one rounding per addition, in order; integers wrap around
#ifndef SINTER_KERNELS_CUMSUM_OP_H_
#define SINTER_KERNELS_CUMSUM_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_CUMSUM_FIELDS(F) \
  F(i32, outer, RUN) \
  F(i32, depth, RUN) \
  F(i32, inner, RUN) \
  F(i32, exclusive, RUN) /* 0 or 1 */ \
  F(i32, reverse, RUN)   /* 0 or 1 */
// clang-format on
SINTER_PARAMS(CumsumParams, SINTER_CUMSUM_FIELDS);

enum { CUMSUM_IN, CUMSUM_OUT, CUMSUM_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_CUMSUM_OP_H_
