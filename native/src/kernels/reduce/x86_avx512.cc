// reduce: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/reduce/vector.h"

namespace sinter {

void reduce_s8s8_avx512(const Call* call) {
  mean_s8<V>(call);
}
void reduce_f32f32_avx512(const Call* call) {
  mean_f32<V>(call);
}

}  // namespace sinter
