// relu: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/relu/vector.h"

namespace sinter {

void relu_s8s8_avx512(const Call* call) {
  relu_bytes<V, int8_t>(call);
}
void relu_u8u8_avx512(const Call* call) {
  relu_bytes<V, uint8_t>(call);
}
void relu_f32f32_avx512(const Call* call) {
  relu_f32<V>(call);
}

}  // namespace sinter
