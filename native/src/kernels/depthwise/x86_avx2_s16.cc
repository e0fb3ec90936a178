// depthwise of int16 activations and int8 weights for AVX2. SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>
#include <string.h>

#include "kernels/depthwise/vector_s16.h"

namespace sinter {
namespace {

struct V256 {
  typedef __m256i Int;
  static constexpr int CHANNELS = 16, ABREAST = 4;

  static inline Int zero() {
    return _mm256_setzero_si256();
  }
  static inline Int load(const int16_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static inline Int load_n(const int16_t* p, int64_t n) {
    alignas(32) int16_t some[16] = {};
    memcpy(some, p, static_cast<size_t>(2 * n));
    return load(some);
  }
  static inline Int low(Int a, Int b) {
    return _mm256_unpacklo_epi16(a, b);
  }
  static inline Int high(Int a, Int b) {
    return _mm256_unpackhi_epi16(a, b);
  }
  static inline Int dot(Int sum, Int pairs, const char* weights) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, load(reinterpret_cast<const int16_t*>(weights))));
  }
  // `first`: the half of the Lanes16, 0 or 4.
  template <bool FIXED_64>
  static SINTER_VNNI_INLINE void store(int16_t* to, int64_t n, Int low, Int high, const char* at, int64_t first,
                                       int32_t how, int32_t least, int32_t most) {
    const Lanes16* lanes = reinterpret_cast<const Lanes16*>(at);
    if constexpr (FIXED_64) {
      low = by_fixed_64(low, lanes, first);
      high = by_fixed_64(high, lanes + 1, first);
    } else {
      low = by_others(low, lanes, first, how);
      high = by_others(high, lanes + 1, first, how);
    }
    __m256i words = _mm256_packs_epi32(low, high);
    words = _mm256_max_epi16(words, _mm256_set1_epi16(static_cast<int16_t>(least)));
    words = _mm256_min_epi16(words, _mm256_set1_epi16(static_cast<int16_t>(most)));
    if (n >= 16) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), words);
    } else {
      alignas(32) int16_t some[16];
      _mm256_store_si256(reinterpret_cast<__m256i*>(some), words);
      memcpy(to, some, static_cast<size_t>(2 * n));
    }
  }

 private:
  static inline Int of(const int64_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static inline Int by_fixed_64(Int sums, const Lanes16* lanes, int64_t first) {
    Int y[2];
    for (int odd = 0; odd < 2; odd++) {
      const int64_t i = first + 8 * odd;
      const Int x = _mm256_add_epi64(_mm256_mul_epi32(sums, of(lanes->a + i)), of(lanes->offset + i));
      // There is no arithmetic shift of 64 bits: negative numbers are shifted as what they lack to -1.
      const Int sign = _mm256_cmpgt_epi64(_mm256_setzero_si256(), x);
      y[odd] = _mm256_xor_si256(_mm256_srlv_epi64(_mm256_xor_si256(x, sign), of(lanes->c + i)), sign);
      sums = _mm256_srli_epi64(sums, 32);
    }
    return _mm256_blend_epi32(y[0], _mm256_slli_epi64(y[1], 32), 0xaa);
  }
  static __attribute__((noinline)) Int by_others(Int sums, const Lanes16* lanes, int64_t first, int32_t how) {
    alignas(32) int32_t values[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(values), sums);
    for (int j = 0; j < 8; j++) {
      const int64_t i = first + j % 2 * 8 + j / 2;
      values[j] = lane16_result(values[j], *lanes, i, how);
    }
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(values));
  }
};

}  // namespace

void depthwise_s16s8s16_avx2(const Call* call) {
  depthwise_s16<V256>(call);
}

}  // namespace sinter
