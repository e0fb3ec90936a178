// vpdpbusd as AVX-VNNI has it, for files that are built for AVX2 and AVX-VNNI. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SIMD_AVXVNNI_H_
#define SINTER_KERNELS_SIMD_AVXVNNI_H_

#include <immintrin.h>

namespace sinter {
namespace {

// Adds to each sum the products of four unsigned and four signed bytes. By assembly: GCC copies sums around the
// intrinsic, and takes the longer form of AVX-512 where it may.
inline void avxvnni_dot4(__m256i* sum, __m256i unsigned_bytes, __m256i signed_bytes) {
#if defined(SINTER_EMULATED)
  const __m256i even = _mm256_madd_epi16(_mm256_and_si256(unsigned_bytes, _mm256_set1_epi16(0xff)),
                                         _mm256_srai_epi16(_mm256_slli_epi16(signed_bytes, 8), 8));
  const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(unsigned_bytes, 8), _mm256_srai_epi16(signed_bytes, 8));
  *sum = _mm256_add_epi32(*sum, _mm256_add_epi32(even, odd));
#else
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(*sum) : "x"(unsigned_bytes), "xm"(signed_bytes));
#endif
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_AVXVNNI_H_
