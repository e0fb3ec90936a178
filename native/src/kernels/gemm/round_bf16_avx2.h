// Rounding to bfloat16 with AVX2. Only for files that are built for AVX2 or more; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_ROUND_BF16_AVX2_H_
#define SINTER_KERNELS_GEMM_ROUND_BF16_AVX2_H_

#include <stdint.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

namespace sinter {
namespace {

// Floats whose lower halves are 0. NaN stays NaN; denormals are flushed by the products.
inline __m256i round_to_bf16(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  return _mm256_and_si256(_mm256_blendv_epi8(up, quiet, nan), _mm256_set1_epi32(static_cast<int>(0xffff0000)));
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_ROUND_BF16_AVX2_H_
