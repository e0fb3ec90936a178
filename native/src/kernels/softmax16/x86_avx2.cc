// softmax16: the loops of rows.h, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "kernels/softmax16/rows.h"

namespace sinter {

void softmax16_s16s16_avx2(const Call* call) {
  softmax16(call);
}

}  // namespace sinter
