// pool: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/pool/vector.h"

namespace sinter {

void pool_s8s8_avx512(const Call* call) {
  pool_s8<V>(call);
}
void pool_u8u8_avx512(const Call* call) {
  pool_u8<V>(call);
}
void pool_f32f32_avx512(const Call* call) {
  pool_f32<V>(call);
}

}  // namespace sinter
