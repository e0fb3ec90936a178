// Rows of floats to digits (digits.h) and what sums of digits become, for AVX-512. Only for files that are built for
// AVX-512; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DIGITS_AVX512_H_
#define SINTER_KERNELS_GEMM_DIGITS_AVX512_H_

#include "kernels/gemm/digits.h"
#include "kernels/gemm/widen_avx512.h"

namespace sinter {
namespace {

inline __mmask16 lanes_of(int64_t count) {
  return static_cast<__mmask16>(count >= 16 ? 0xffff : (1u << count) - 1);
}

SINTER_ONE_INSTRUCTION __m512i magnitude_bits(__m512 x) {
  return _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0x7fffffff));
}
inline uint32_t largest_bits(const float* x, int64_t k) {
  __m512i most = _mm512_setzero_si512();
  for (int64_t i = 0; i < k; i += 16) {
    most = _mm512_max_epi32(most, magnitude_bits(_mm512_maskz_loadu_ps(lanes_of(k - i), x + i)));
  }
  alignas(64) uint32_t lanes[16];
  _mm512_store_si512(lanes, most);
  uint32_t largest = 0;
  for (const uint32_t lane : lanes) largest = largest > lane ? largest : lane;
  return largest;
}
SINTER_ONE_INSTRUCTION __mmask16 kept_aside(__m512 x, __m512 least) {
  const __m512i bits = magnitude_bits(x);
  return _mm512_cmp_ps_mask(_mm512_castsi512_ps(bits), least, _CMP_LT_OQ) & _mm512_test_epi32_mask(bits, bits);
}
inline int64_t count_kept_aside(const float* x, int64_t k, float below) {
  const __m512 least = _mm512_set1_ps(below);
  int64_t count = 0;
  for (int64_t i = 0; i < k; i += 16) {
    const uint32_t mask = kept_aside(_mm512_maskz_loadu_ps(lanes_of(k - i), x + i), least);
    count += __builtin_popcount(mask);
  }
  return count;
}

// Of 16 numbers, the digits of four side by side: in each quarter the words of digits 0 to 3.
SINTER_ONE_INSTRUCTION __m512i digits_of(__m512i numbers, __m512i carry) {
  const __m512i by_digit = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m512i digits = _mm512_xor_si512(_mm512_add_epi32(numbers, carry), carry);
  return _mm512_shuffle_epi8(digits, by_digit);
}

// Writes a row's exceptions and hands its digits to put(k, digits_of 16 values). Returns how many exceptions there are.
template <class Put>
inline int32_t write_digits(const float* x, int64_t k, int digits, const DigitsUnit& unit, DigitsException* exceptions,
                            const Put& put) {
  const __m512 inverse = _mm512_set1_ps(unit.inverse), least = _mm512_set1_ps(unit.least);
  const __m512i carry = _mm512_set1_epi32(digits == 3 ? 0x808080 : static_cast<int32_t>(0x80808080));
  int32_t count = 0;
  for (int64_t i = 0; i < k; i += 16) {
    __m512 v = _mm512_maskz_loadu_ps(lanes_of(k - i), x + i);
    const __mmask16 aside = kept_aside(v, least);
    for (uint32_t left = aside; left != 0; left &= left - 1) {
      const int64_t at = i + __builtin_ctz(left);
      exceptions[count++] = {static_cast<int32_t>(at), x[at]};
    }
    v = _mm512_maskz_mov_ps(static_cast<__mmask16>(~aside), v);
    put(i, digits_of(_mm512_cvtps_epi32(_mm512_mul_ps(v, inverse)), carry));
  }
  return count;
}

// What sums of D digits make, times `unit`.
template <int D>
SINTER_ONE_INSTRUCTION __m512 value_of_digits(const __m512i* s, int64_t step, __m512 unit, __m512 upper_unit) {
  const __m512i lower = _mm512_add_epi32(s[0], _mm512_slli_epi32(s[step], 8));
  __m512i upper = s[2 * step];
  if constexpr (D == 4) upper = _mm512_add_epi32(upper, _mm512_slli_epi32(s[3 * step], 8));
  return _mm512_fmadd_ps(_mm512_cvtepi32_ps(upper), upper_unit, _mm512_mul_ps(_mm512_cvtepi32_ps(lower), unit));
}

// 16 columns' weights of one k, as floats; w: the word of the column with k's group of 8.
SINTER_ONE_INSTRUCTION __m512 widen_at(const char* w, int64_t k) {
  const int64_t nibble = k % 4 * 2 + k % 8 / 4;
  const __m512i words = _mm512_srl_epi32(_mm512_loadu_si512(w), _mm_cvtsi32_si128(static_cast<int>(4 * nibble)));
  return _mm512_permutexvar_ps(words, s4_floats());
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DIGITS_AVX512_H_
