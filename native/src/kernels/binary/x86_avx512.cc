// binary: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/binary/vector.h"
#include "kernels/binary/vector_16.h"
#include "kernels/binary/vector_8.h"

namespace sinter {

void binary_f32_avx512(const Call* call) {
  binary_functions(call);
}
void binary_prelu_f32_avx512(const Call* call) {
  binary_f32<VectorPrelu>(call);
}

void binary_s8_avx512(const Call* call) {
  binary_8<int8_t>(call);
}
void binary_u8_avx512(const Call* call) {
  binary_8<uint8_t>(call);
}
void binary_squared_difference_s8_avx512(const Call* call) {
  squared_difference_8(call);
}
void binary_s16_avx512(const Call* call) {
  binary_16(call);
}

}  // namespace sinter
