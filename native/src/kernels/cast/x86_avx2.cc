// cast for AVX2.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves the loops scalar
#endif

#include "kernels/cast/each.h"

namespace sinter {

void cast_u8_avx2(const Call* call) {
  visit_cast(*static_cast<const CastParams*>(call->params), Each{call});
}

}  // namespace sinter
