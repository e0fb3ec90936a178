// resize for AVX2.
// SPDX-License-Identifier: Apache-2.0
#pragma GCC optimize("O3")  // -O2 leaves the loops scalar
#include "kernels/simd/avx2.h"
//
#include "kernels/resize/bytes.h"
#include "kernels/resize/drive.h"
#include "kernels/resize/floats.h"

namespace sinter {
namespace {

struct Lanes8 {
  static constexpr int64_t LANES = 8;
  typedef __m256i I;
  static I load(const int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static I set(int32_t x) {
    return _mm256_set1_epi32(x);
  }
  static I blend(I base, I step, I far) {
    return _mm256_srai_epi32(_mm256_add_epi32(base, _mm256_mullo_epi32(step, far)), 22);
  }
  static __m128i words(I x) {
    return _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
  }
  static void store(int8_t* to, I x) {
    const __m128i w = words(x);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packs_epi16(w, w));
  }
  static void store(uint8_t* to, I x) {
    const __m128i w = words(x);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(w, w));
  }
};

}  // namespace

void resize_f32_avx2(const Call* call) {
  resize_floats<V>(call);
}

void resize_s8_avx2(const Call* call) {
  resize_bytes<Lanes8, int8_t>(call);
}

void resize_u8_avx2(const Call* call) {
  resize_bytes<Lanes8, uint8_t>(call);
}

}  // namespace sinter
