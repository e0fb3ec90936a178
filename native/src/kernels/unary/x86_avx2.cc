// unary: the vector row of floats, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/unary/vector.h"

namespace sinter {

void unary_f32_avx2(const Call* call) {
  unary_f32<Forms>(call);
}

}  // namespace sinter
