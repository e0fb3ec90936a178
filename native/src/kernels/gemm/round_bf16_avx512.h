// Rounding floats to bfloat16 with AVX-512, as docs/numerics.md has it. Only for files that are built for AVX-512 with
// BF16; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_ROUND_BF16_AVX512_H_
#define SINTER_KERNELS_GEMM_ROUND_BF16_AVX512_H_

#include <stdint.h>
#include <string.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

#include "kernels/gemm/bf16.h"

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

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_ROUND_BF16_AVX512_H_
