// quantize: the vector rows, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/quantize/vector.h"

namespace sinter {

void quantize_f32s8_avx512(const Call* call) {
  quantize_floats<V, int8_t>(call);
}
void quantize_f32u8_avx512(const Call* call) {
  quantize_floats<V, uint8_t>(call);
}
void quantize_s8f32_avx512(const Call* call) {
  dequantize<V, int8_t>(call);
}
void quantize_u8f32_avx512(const Call* call) {
  dequantize<V, uint8_t>(call);
}
void quantize_s8s8_avx512(const Call* call) {
  requantize<V, int8_t, int8_t>(call);
}
void quantize_u8s8_avx512(const Call* call) {
  requantize<V, uint8_t, int8_t>(call);
}
void quantize_s8u8_avx512(const Call* call) {
  requantize<V, int8_t, uint8_t>(call);
}
void quantize_u8u8_avx512(const Call* call) {
  requantize<V, uint8_t, uint8_t>(call);
}

}  // namespace sinter
