// softmax16: the definition tfl.softmax16 as the loops of rows.h.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "kernels/softmax16/rows.h"

namespace sinter {

void softmax16_s16s16_reference(const Call* call) {
  softmax16(call);
}

}  // namespace sinter
