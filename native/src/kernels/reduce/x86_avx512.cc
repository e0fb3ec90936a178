// reduce: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/reduce/vector.h"

namespace sinter {

void reduce_s8s8_avx512(const Call* call) {
  mean_8<V, int8_t>(call);
}
void reduce_u8u8_avx512(const Call* call) {
  mean_8<V, uint8_t>(call);
}
void reduce_f32f32_avx512(const Call* call) {
  mean_f32<V>(call);
}

}  // namespace sinter
