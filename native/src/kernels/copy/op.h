// copy: blocks of bytes from one place to another; a concatenation is one copy per input.
// SPDX-License-Identifier: Apache-2.0
//
// For r in [0, rows): out[out_offset + r*out_stride ..] = in[in_offset + r*in_stride ..], row_bytes each.
//
// slots    in, out (bytes)
// types    u8 u8 (any type)
// numerics exact
#ifndef SINTER_KERNELS_COPY_OP_H_
#define SINTER_KERNELS_COPY_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_COPY_FIELDS(F) \
  F(i32, rows, RUN) \
  F(i32, row_bytes, RUN) \
  F(i32, in_offset, RUN) \
  F(i32, in_stride, RUN) \
  F(i32, out_offset, RUN) \
  F(i32, out_stride, RUN)
// clang-format on
SINTER_PARAMS(CopyParams, SINTER_COPY_FIELDS);

enum { COPY_IN, COPY_OUT, COPY_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_COPY_OP_H_
