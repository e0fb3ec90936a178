// unary: the vector row of floats, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/unary/vector.h"

namespace sinter {

void unary_f32_avx512(const Call* call) {
  unary_f32(call);
}

}  // namespace sinter
