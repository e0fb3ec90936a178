// normalize: the loops of rows.h, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "kernels/normalize/rows.h"

namespace sinter {

void normalize_f32f32_avx2(const Call* call) {
  normalize_f32(call);
}
void normalize_s8s8_avx2(const Call* call) {
  normalize_8<int8_t>(call);
}
void normalize_u8u8_avx2(const Call* call) {
  normalize_8<uint8_t>(call);
}

}  // namespace sinter
