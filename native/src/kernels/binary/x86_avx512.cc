// binary: the vector rows of floats, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/binary/vector.h"

namespace sinter {

void binary_f32_avx512(const Call* call) {
  binary_functions(call);
}
void binary_prelu_f32_avx512(const Call* call) {
  binary_f32<VectorPrelu>(call);
}

}  // namespace sinter
