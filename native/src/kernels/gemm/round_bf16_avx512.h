// Rounding floats to bfloat16 with AVX-512, as docs/numerics.md has it, and storing them so. Only for files that are
// built for AVX-512 with BF16; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_ROUND_BF16_AVX512_H_
#define SINTER_KERNELS_GEMM_ROUND_BF16_AVX512_H_

#include <stdint.h>
#include <string.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

#include "kernels/gemm/bf16.h"
#include "kernels/gemm/store_avx512_f32.h"

namespace sinter {
namespace {

inline void fill_panel(const float* x, int64_t count, uint16_t* out) {
  int64_t i = 0;
#if !defined(SINTER_EMULATED)
  for (; i + 16 <= count; i += 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x + i)));
  }
  if (i < count) {
    const __mmask16 mask = static_cast<__mmask16>((1u << (count - i)) - 1);
    _mm256_mask_storeu_epi16(out + i, mask, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + i)));
  }
#else
  for (; i < count; i++) out[i] = bf16_from_float(x[i]);
#endif
}
inline void fill_panel(const uint16_t* x, int64_t count, uint16_t* out) {
  memcpy(out, x, static_cast<size_t>(count) * 2);
}

SINTER_F32_INSTRUCTION void store_first(uint16_t* c, __m512 value, int columns) {
#if defined(SINTER_EMULATED)
  float lanes[16];
  _mm512_storeu_ps(lanes, value);
  for (int i = 0; i < 16 && i < columns; i++) c[i] = bf16_from_float(lanes[i]);
#else
  const __m256i rounded = (__m256i)_mm512_cvtneps_pbh(value);
  if (columns >= 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(c), rounded);
  } else {
    _mm256_mask_storeu_epi16(c, static_cast<__mmask16>((1u << columns) - 1), rounded);
  }
#endif
}
// 32 values: those of `first`, then those of `second`.
SINTER_F32_INSTRUCTION void store_both(uint16_t* c, __m512 first, __m512 second) {
#if defined(SINTER_EMULATED)
  store_first(c, first, 16);
  store_first(c + 16, second, 16);
#else
  _mm512_storeu_si512(c, (__m512i)_mm512_cvtne2ps_pbh(second, first));
#endif
}
SINTER_F32_INSTRUCTION void store_both(float* c, __m512 first, __m512 second) {
  _mm512_storeu_ps(c, first);
  _mm512_storeu_ps(c + 16, second);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_ROUND_BF16_AVX512_H_
