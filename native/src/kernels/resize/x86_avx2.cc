// resize for AVX2.
// SPDX-License-Identifier: Apache-2.0
#pragma GCC optimize("O3")  // -O2 leaves the loops scalar
#include <immintrin.h>

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

struct Floats8 {
  static constexpr int64_t LANES = 8;
  typedef __m256 F;
  static __m256i some(int64_t count) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(count)), lanes);
  }
  static F load(const float* p) {
    return _mm256_loadu_ps(p);
  }
  static F load_some(const float* p, int64_t count) {
    return _mm256_maskload_ps(p, some(count));
  }
  static void store(float* p, F x) {
    _mm256_storeu_ps(p, x);
  }
  static void store_some(float* p, F x, int64_t count) {
    _mm256_maskstore_ps(p, some(count), x);
  }
  static F set(float x) {
    return _mm256_set1_ps(x);
  }
  static F between(F a, F b, F t) {
    return _mm256_add_ps(a, _mm256_mul_ps(_mm256_sub_ps(b, a), t));
  }
};

}  // namespace

void resize_f32_avx2(const Call* call) {
  resize_floats<Floats8>(call);
}

void resize_s8_avx2(const Call* call) {
  resize_bytes<Lanes8, int8_t>(call);
}

void resize_u8_avx2(const Call* call) {
  resize_bytes<Lanes8, uint8_t>(call);
}

}  // namespace sinter
