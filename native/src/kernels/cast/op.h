// cast: numbers of one type as numbers of another.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [count], out [count]
// types    u8 u8 (any; `from` and `to` say which)
// numerics cast (docs/numerics.md)
#ifndef SINTER_KERNELS_CAST_OP_H_
#define SINTER_KERNELS_CAST_OP_H_

#include "core/row.h"

namespace sinter {

enum CastType { CAST_F32, CAST_S8, CAST_U8, CAST_S16, CAST_S32, CAST_S64, CAST_BOOL, CAST_TYPES };

// clang-format off
#define SINTER_CAST_FIELDS(F) \
  F(i32, from, RUN) \
  F(i32, to, RUN) \
  F(i32, count, RUN)
// clang-format on
SINTER_PARAMS(CastParams, SINTER_CAST_FIELDS);

enum { CAST_IN, CAST_OUT, CAST_SLOTS };

static inline int64_t cast_type_bytes(int32_t type) {
  return type == CAST_S64 ? 8 : type == CAST_F32 || type == CAST_S32 ? 4 : type == CAST_S16 ? 2 : 1;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CAST_OP_H_
