// add: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/add/vector.h"

namespace sinter {

void add_s8s8s8_avx512(const Call* call) {
  add_s8<V>(call);
}
void add_f32f32f32_avx512(const Call* call) {
  add_f32<V>(call);
}

}  // namespace sinter
