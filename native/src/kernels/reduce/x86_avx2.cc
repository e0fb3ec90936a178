// reduce: the vector rows, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/reduce/vector.h"

namespace sinter {

void reduce_s8s8_avx2(const Call* call) {
  mean_s8<V>(call);
}
void reduce_f32f32_avx2(const Call* call) {
  mean_f32<V>(call);
}

}  // namespace sinter
