// lookup: bytes replaced by way of a table: any function of an 8-bit number.
// SPDX-License-Identifier: Apache-2.0
//
// out[i] = table[in[i]], in taken as an unsigned byte.
//
// slots    in [count], table [256], out [count]
// types    u8 u8 u8 (also of signed bytes)
// numerics exact; which table is the lowering's affair (docs/numerics.md)
#ifndef SINTER_KERNELS_LOOKUP_OP_H_
#define SINTER_KERNELS_LOOKUP_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_LOOKUP_FIELDS(F) \
  F(i32, count, RUN)
// clang-format on
SINTER_PARAMS(LookupParams, SINTER_LOOKUP_FIELDS);

enum { LOOKUP_IN, LOOKUP_TABLE, LOOKUP_OUT, LOOKUP_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_LOOKUP_OP_H_
