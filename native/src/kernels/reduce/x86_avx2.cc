// reduce: the vector rows, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/reduce/vector.h"

namespace sinter {

void reduce_s8s8_avx2(const Call* call) {
  mean_8<V, int8_t>(call);
}
void reduce_u8u8_avx2(const Call* call) {
  mean_8<V, uint8_t>(call);
}
void reduce_f32f32_avx2(const Call* call) {
  mean_f32<V>(call);
}

}  // namespace sinter
