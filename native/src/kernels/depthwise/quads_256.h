// What the 256-bit vectors of vector_quads.h share, of AVX-512 and of AVX-VNNI. For files that are built for one ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_DEPTHWISE_QUADS_256_H_
#define SINTER_KERNELS_DEPTHWISE_QUADS_256_H_

#include <immintrin.h>

#include "kernels/depthwise/vector_quads.h"

namespace sinter {
namespace {

struct Quads256 {
  typedef __m256i Int;
  typedef __m256 Float;
  enum { CHANNELS = 32 };
  static INLINE Int load(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  static INLINE Float load_float(const void* p) {
    return _mm256_loadu_ps(static_cast<const float*>(p));
  }
  static INLINE Int flip(Int v) {
    return _mm256_xor_si256(v, _mm256_set1_epi8(-128));
  }
  static INLINE Int all(int32_t v) {
    return _mm256_set1_epi32(v);
  }
  static INLINE Int low8(Int a, Int b) {
    return _mm256_unpacklo_epi8(a, b);
  }
  static INLINE Int high8(Int a, Int b) {
    return _mm256_unpackhi_epi8(a, b);
  }
  static INLINE Int low16(Int a, Int b) {
    return _mm256_unpacklo_epi16(a, b);
  }
  static INLINE Int high16(Int a, Int b) {
    return _mm256_unpackhi_epi16(a, b);
  }
  static INLINE Int round_scaled(Int sum, Float scale, float limit) {
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale), _mm256_set1_ps(limit)));
  }
  static INLINE Int words(Int a, Int b, int16_t zero_point) {
    return _mm256_adds_epi16(_mm256_packs_epi32(a, b), _mm256_set1_epi16(zero_point));
  }
  static INLINE Int bytes(Int a, Int b, int8_t minimum) {
    return _mm256_max_epi8(_mm256_packs_epi16(a, b), _mm256_set1_epi8(minimum));
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_QUADS_256_H_
