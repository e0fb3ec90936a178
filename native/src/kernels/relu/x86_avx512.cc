// relu: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/relu/vector.h"

namespace sinter {

void relu_s8s8_avx512(const Call* call) {
  relu_s8<V>(call);
}
void relu_f32f32_avx512(const Call* call) {
  relu_f32<V>(call);
}

}  // namespace sinter
