// lookup: numbers replaced by way of a table: any function of an 8-bit number, a smooth one of a 16-bit number.
// SPDX-License-Identifier: Apache-2.0
//
// bytes: out[i] = table[in[i]], in taken as an unsigned byte.
// s16:   straight lines between 513 values: with t = in[i] + 32768, j = t / 128,
//        out[i] = table[j] + ((table[j + 1] - table[j]) * (t % 128) + 64) / 128, rounded down; or of 65536 values
//        the one that is table[t].
//
// slots    in [count], table [entries], out [count]
// types    u8 u8 u8 (also of signed bytes) | s16 s16 s16
// numerics exact; which table is the lowering's affair (docs/numerics.md)
#ifndef SINTER_KERNELS_LOOKUP_OP_H_
#define SINTER_KERNELS_LOOKUP_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_LOOKUP_FIELDS(F) \
  F(i32, count, RUN) \
  F(i32, entries, RUN) /* 256; s16: 513 or 65536 */
// clang-format on
SINTER_PARAMS(LookupParams, SINTER_LOOKUP_FIELDS);

enum { LOOKUP_IN, LOOKUP_TABLE, LOOKUP_OUT, LOOKUP_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_LOOKUP_OP_H_
