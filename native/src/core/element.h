// Bytes of a tensor's elements. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_ELEMENT_H_
#define SINTER_CORE_ELEMENT_H_

#include <stdint.h>

#include "core/row.h"

namespace sinter {

// Not for S4, two of whose elements share a byte.
static inline int64_t element_bytes(DataType type) {
  switch (type) {
    case S64:
      return 8;
    case F32:
    case S32:
      return 4;
    case BF16:
    case F16:
    case S16:
      return 2;
    default:
      return 1;
  }
}

}  // namespace sinter

#endif  // SINTER_CORE_ELEMENT_H_
