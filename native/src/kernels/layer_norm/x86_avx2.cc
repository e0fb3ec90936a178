// layer_norm: the vector rows, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/layer_norm/vector.h"

namespace sinter {

void layer_norm_f32_avx2(const Call* call) {
  layer_norm_f32<V>(call);
}

}  // namespace sinter
