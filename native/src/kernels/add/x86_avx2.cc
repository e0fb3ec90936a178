// add: the vector rows, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/add/vector.h"

namespace sinter {

void add_s8s8s8_avx2(const Call* call) {
  add_s8<V>(call);
}
void add_f32f32f32_avx2(const Call* call) {
  add_f32<V>(call);
}

}  // namespace sinter
