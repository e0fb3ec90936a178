// softmax: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/softmax/vector.h"

namespace sinter {

void softmax_s8s8_avx512(const Call* call) {
  softmax_s8<V>(call);
}
void softmax_f32f32_avx512(const Call* call) {
  softmax_f32<V>(call);
}

}  // namespace sinter
