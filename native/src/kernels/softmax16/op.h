// softmax16: softmax of 16-bit numbers in integers, with tables of e^x and of 1 / (1 + x).
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [rows][depth], table [2][513]: e^x for x from -10 to 0, then 1 / (1 + x) for x from 0 to 1, both times
//          32768, out [rows][depth]
// types    s16 s32 s16; the result's scale is 1/32768
// numerics tfl.softmax16 (docs/numerics.md)
#ifndef SINTER_KERNELS_SOFTMAX16_OP_H_
#define SINTER_KERNELS_SOFTMAX16_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_SOFTMAX16_FIELDS(F) \
  F(i32, rows, RUN) \
  F(i32, depth, RUN) \
  F(f32, beta, RUN) \
  F(f32, in_scale, RUN)
// clang-format on
SINTER_PARAMS(Softmax16Params, SINTER_SOFTMAX16_FIELDS);

enum { SOFTMAX16_IN, SOFTMAX16_TABLE, SOFTMAX16_OUT, SOFTMAX16_SLOTS };
enum { SOFTMAX16_ENTRIES = 513 };

}  // namespace sinter

#endif  // SINTER_KERNELS_SOFTMAX16_OP_H_
