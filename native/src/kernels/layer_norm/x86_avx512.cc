// layer_norm: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/layer_norm/vector.h"

namespace sinter {

void layer_norm_f32_avx512(const Call* call) {
  layer_norm_f32<V>(call);
}

}  // namespace sinter
