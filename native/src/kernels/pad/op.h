// pad: a constant border around a tensor of up to six dimensions.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [d0]..[d5], out [before0 + d0 + after0]..; leading dimensions may be 1
// types    moves elements of element_bytes (1, 2, 4 or 8); `value` holds the low bytes of the border
//          element's bit pattern, repeated for 8-byte elements as sign extension. Rows: u8 u8 (any type)
// numerics exact
#ifndef SINTER_KERNELS_PAD_OP_H_
#define SINTER_KERNELS_PAD_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_PAD_FIELDS(F) \
  F(i32, element_bytes, RUN) \
  F(i32, value, RUN) \
  F(i32, d0, RUN) \
  F(i32, d1, RUN) \
  F(i32, d2, RUN) \
  F(i32, d3, RUN) \
  F(i32, d4, RUN) \
  F(i32, d5, RUN) \
  F(i32, before0, RUN) \
  F(i32, before1, RUN) \
  F(i32, before2, RUN) \
  F(i32, before3, RUN) \
  F(i32, before4, RUN) \
  F(i32, before5, RUN) \
  F(i32, after0, RUN) \
  F(i32, after1, RUN) \
  F(i32, after2, RUN) \
  F(i32, after3, RUN) \
  F(i32, after4, RUN) \
  F(i32, after5, RUN)
// clang-format on
SINTER_PARAMS(PadParams, SINTER_PAD_FIELDS);

enum { PAD_IN, PAD_OUT, PAD_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_PAD_OP_H_
