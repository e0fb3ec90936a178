// binary: the vector rows of floats, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/binary/vector.h"

namespace sinter {

void binary_f32_avx2(const Call* call) {
  binary_functions(call);
}
void binary_prelu_f32_avx2(const Call* call) {
  binary_f32<VectorPrelu>(call);
}

}  // namespace sinter
