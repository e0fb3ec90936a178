// quantize from int4, two to a byte, and from half precision to floats for AVX2. SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>
#include <string.h>

#include "kernels/gemm/half.h"
#include "kernels/gemm/packing_s4.h"
#include "kernels/quantize/op.h"

namespace sinter {

void quantize_s4f32_avx2(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[QUANTIZE_IN]);
  float* out = static_cast<float*>(call->slots[QUANTIZE_OUT]);
  const __m256 scale = _mm256_set1_ps(p.in_scale);
  const __m256i zero_point = _mm256_set1_epi32(p.in_zero_point);
  const __m256i to_top = _mm256_setr_epi32(28, 24, 20, 16, 12, 8, 4, 0);  // each lane its four bits, then their sign
  int32_t i = 0;
  for (; i + 8 <= p.count; i += 8) {
    int32_t eight;
    memcpy(&eight, in + i / 2, 4);
    const __m256i value = _mm256_srai_epi32(_mm256_sllv_epi32(_mm256_set1_epi32(eight), to_top), 28);
    _mm256_storeu_ps(out + i, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(value, zero_point)), scale));
  }
  for (; i < p.count; i++) out[i] = static_cast<float>(s4_value(in, i) - p.in_zero_point) * p.in_scale;
}

void quantize_f16f32_avx2(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const char* in = static_cast<const char*>(call->slots[QUANTIZE_IN]);
  float* out = static_cast<float*>(call->slots[QUANTIZE_OUT]);
  int32_t i = 0;
  for (; i + 8 <= p.count; i += 8) {
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 2 * i))));
  }
  for (; i < p.count; i++) out[i] = half_at(in, i);
}

}  // namespace sinter
