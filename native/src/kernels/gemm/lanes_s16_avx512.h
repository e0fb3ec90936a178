// Sums of int16 activations and int8 weights to int16, 16 at a time, for AVX-512. Only for files that are built for
// AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_LANES_S16_AVX512_H_
#define SINTER_KERNELS_GEMM_LANES_S16_AVX512_H_

#include <stdint.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

#include "kernels/gemm/packing_s16.h"
#include "kernels/gemm/vnni_rows.h"

namespace sinter {
namespace {

// Eight values of 64 bits, bias included, by the third constant of their columns; the low halves count.
template <Requantization16 HOW>
SINTER_ONE_INSTRUCTION __m512i scaled_lanes(__m512i x, __m512i c) {
  if constexpr (HOW == REQUANTIZE_FIXED_64) {
    return _mm512_srav_epi64(x, c);
  } else if constexpr (HOW == REQUANTIZE_DOUBLE_64) {
    // Halves away from zero: the largest double below a half is added, then the fraction cut off.
    const __m512i sign = _mm512_set1_epi64(INT64_MIN), half = _mm512_castpd_si512(_mm512_set1_pd(0.49999999999999994));
    const __m512d y = _mm512_mul_pd(_mm512_cvtepi64_pd(x), _mm512_castsi512_pd(c));
    const __m512i nearest = _mm512_or_si512(_mm512_and_si512(_mm512_castpd_si512(y), sign), half);
    const __m256i whole = _mm512_cvttpd_epi32(_mm512_add_pd(y, _mm512_castsi512_pd(nearest)));
    return _mm512_cvtepu32_epi64(whole);
  } else {
    // The shift stands above the multiplier. Sums are of 32 bits, which wrap: a product takes those alone.
    const __m512i shift = _mm512_srai_epi64(c, 32), none = _mm512_setzero_si512();
    const __m512i right = _mm512_max_epi64(_mm512_sub_epi64(none, shift), none);
    const __m512i left = _mm512_sllv_epi64(x, _mm512_max_epi64(shift, none));
    const __m512i product = _mm512_add_epi64(_mm512_mul_epi32(left, c), _mm512_set1_epi64(1 << 30));
    const __m512i high = _mm512_srai_epi64(product, 31);
    __m512i y = _mm512_add_epi64(high, _mm512_srli_epi64(_mm512_sllv_epi64(_mm512_set1_epi64(1), right), 1));
    if constexpr (HOW == REQUANTIZE_FIXED_32) {
      const __m512i shifts = _mm512_srai_epi64(_mm512_sub_epi64(none, right), 63);
      y = _mm512_add_epi64(y, _mm512_and_si512(_mm512_srai_epi64(high, 63), shifts));
    }
    return _mm512_srav_epi64(y, right);
  }
}

// 16 sums by the constants of their columns, in their order: sums are low + 256 * high, or `low` alone.
template <Requantization16 HOW, bool SPLIT>
SINTER_ONE_INSTRUCTION __m512i results_of_lanes(__m512i low, __m512i high, const Lanes16* of) {
  __m512i y[2];
  for (int odd = 0; odd < 2; odd++) {
    const int64_t* at = of->offset + 8 * odd;
    __m512i x = _mm512_add_epi64(_mm512_mul_epi32(low, _mm512_loadu_si512(at + 16)), _mm512_loadu_si512(at));
    if constexpr (SPLIT) x = _mm512_add_epi64(x, _mm512_mul_epi32(high, _mm512_loadu_si512(at + 32)));
    y[odd] = scaled_lanes<HOW>(x, _mm512_loadu_si512(at + 48));
    // Shuffles, not shifts: products and shifts keep the other unit busy.
    low = _mm512_shuffle_epi32(low, static_cast<_MM_PERM_ENUM>(0xf5));
    if constexpr (SPLIT) high = _mm512_shuffle_epi32(high, static_cast<_MM_PERM_ENUM>(0xf5));
  }
  return _mm512_mask_blend_epi32(0xaaaa, y[0], _mm512_shuffle_epi32(y[1], static_cast<_MM_PERM_ENUM>(0xa0)));
}

struct Bounds16 {
  int32_t low, high;
};

// Two vectors of values to 32 of int16, bounded.
SINTER_ONE_INSTRUCTION __m512i words_of(__m512i first, __m512i second, const Bounds16& bounds) {
  const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
  const __m512i words = _mm512_permutexvar_epi64(order, _mm512_packs_epi32(first, second));
  return _mm512_min_epi16(_mm512_max_epi16(words, _mm512_set1_epi16(static_cast<int16_t>(bounds.low))),
                          _mm512_set1_epi16(static_cast<int16_t>(bounds.high)));
}
// The first `count` (1..32) words.
SINTER_ONE_INSTRUCTION void store_words(int16_t* to, __m512i words, int64_t count) {
  if (count >= 32) {
    _mm512_storeu_si512(to, words);
  } else {
    _mm512_mask_storeu_epi8(to, ~__mmask64{0} >> (64 - 2 * count), words);
  }
}

// Sums of rows by a tile of columns: those of the high bytes and of the low bytes, each row `stride` sums after the one
// before.
struct SplitSums {
  const int32_t *high, *low;
  int64_t stride;
};

template <Requantization16 HOW>
inline void split_results(const SplitSums& sums, int64_t rows, int columns, const Lanes16* lanes,
                          const Bounds16& bounds, int16_t* c, int64_t ldc) {
  const auto at = [](const int32_t* p) SINTER_VNNI_LAMBDA { return _mm512_loadu_si512(p); };
  for (int64_t r = 0; r < rows; r++) {
    const int32_t *high = sums.high + r * sums.stride, *low = sums.low + r * sums.stride;
    int16_t* to = c + r * ldc;
    for (int j = 0; j < columns; j += 32) {
      const Lanes16* of = lanes + j / 16;
      const __m512i first = results_of_lanes<HOW, true>(at(low + j), at(high + j), of);
      __m512i second = first;
      if (columns - j > 16) second = results_of_lanes<HOW, true>(at(low + j + 16), at(high + j + 16), of + 1);
      store_words(to + j, words_of(first, second, bounds), columns - j);
    }
  }
}

inline void any_split_results(int32_t how, const SplitSums& sums, int64_t rows, int columns, const Lanes16* lanes,
                              const Bounds16& bounds, int16_t* c, int64_t ldc) {
  switch (how) {
    case REQUANTIZE_FIXED_64:
      return split_results<REQUANTIZE_FIXED_64>(sums, rows, columns, lanes, bounds, c, ldc);
    case REQUANTIZE_FIXED_32:
      return split_results<REQUANTIZE_FIXED_32>(sums, rows, columns, lanes, bounds, c, ldc);
    case REQUANTIZE_DOUBLE_64:
      return split_results<REQUANTIZE_DOUBLE_64>(sums, rows, columns, lanes, bounds, c, ldc);
    default:
      return split_results<REQUANTIZE_UPWARD_32>(sums, rows, columns, lanes, bounds, c, ldc);
  }
}

// 64 bytes of each half of 64 values: high + 128, and low.
SINTER_ONE_INSTRUCTION void split_64(__m512i first, __m512i second, uint8_t* high, uint8_t* low) {
  const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), bytes = _mm512_set1_epi16(255);
  const __m512i upper = _mm512_packus_epi16(_mm512_srli_epi16(first, 8), _mm512_srli_epi16(second, 8));
  const __m512i lower = _mm512_packus_epi16(_mm512_and_si512(first, bytes), _mm512_and_si512(second, bytes));
  _mm512_storeu_si512(high, _mm512_xor_si512(_mm512_permutexvar_epi64(order, upper), _mm512_set1_epi8(-128)));
  _mm512_storeu_si512(low, _mm512_permutexvar_epi64(order, lower));
}
// `count` values, then zeros up to whole vectors of 64.
inline void split_values(const int16_t* from, int64_t count, uint8_t* high, uint8_t* low) {
  for (; count > 0; count -= 64, from += 64, high += 64, low += 64) {
    if (count >= 64) {
      split_64(_mm512_loadu_si512(from), _mm512_loadu_si512(from + 32), high, low);
    } else {
      const __mmask64 first = count >= 32 ? ~__mmask64{0} : ~__mmask64{0} >> (64 - 2 * count);
      const __mmask64 second = count > 32 ? ~__mmask64{0} >> (128 - 2 * count) : 0;
      split_64(_mm512_maskz_loadu_epi8(first, from), _mm512_maskz_loadu_epi8(second, from + 32), high, low);
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_LANES_S16_AVX512_H_
