// Few rows of floats by int4 weights as products of digits (digits.h), for AVX2: 8 columns at a time,
// each row by itself. Internal linkage: ISA files include it. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DIGITS_AVX2_H_
#define SINTER_KERNELS_GEMM_DIGITS_AVX2_H_

#include <immintrin.h>
#include <string.h>

#include "kernels/gemm/digits.h"
#include "kernels/gemm/vnni_rows.h"

namespace sinter {
namespace {

inline __m256i digits_lanes(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count < 8 ? count : 8)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline __m256 values_at(const float* x, int64_t left) {
  return left >= 8 ? _mm256_loadu_ps(x) : _mm256_maskload_ps(x, digits_lanes(left));
}
inline __m256i magnitude_bits(__m256 x) {
  return _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7fffffff));
}
inline uint32_t largest_bits(const float* x, int64_t k) {
  __m256i most = _mm256_setzero_si256();
  for (int64_t i = 0; i < k; i += 8) most = _mm256_max_epi32(most, magnitude_bits(values_at(x + i, k - i)));
  alignas(32) uint32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), most);
  uint32_t largest = 0;
  for (const uint32_t lane : lanes) largest = largest > lane ? largest : lane;
  return largest;
}
// All bits of those that are below `least` and not zero. Numbers without a sign are ordered as their bits are.
inline __m256i kept_aside(__m256 x, __m256i least) {
  const __m256i bits = magnitude_bits(x);
  return _mm256_and_si256(_mm256_cmpgt_epi32(least, bits), _mm256_cmpgt_epi32(bits, _mm256_setzero_si256()));
}
inline __m256i bits_of(float value) {
  return _mm256_castps_si256(_mm256_set1_ps(value));
}
inline int64_t count_kept_aside(const float* x, int64_t k, float below) {
  const __m256i least = bits_of(below);
  int64_t count = 0;
  for (int64_t i = 0; i < k; i += 8) {
    const __m256i aside = kept_aside(values_at(x + i, k - i), least);
    count += __builtin_popcount(static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(aside))));
  }
  return count;
}

// A row's digits, its exceptions, and what its sums begin with.
inline DigitsRow fill_digits(const DigitsPanel& panel, const float* x, int64_t k, int digits, char* out,
                             int32_t* lacking, DigitsException* exceptions) {
  const DigitsUnit unit = digits_unit(largest_bits(x, k), k, digits);
  const __m256 inverse = _mm256_set1_ps(unit.inverse);
  const __m256i least = bits_of(unit.least);
  const __m256i carry = _mm256_set1_epi32(digits == 3 ? 0x808080 : static_cast<int32_t>(0x80808080));
  const __m256i by_digit =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m256i sums = _mm256_setzero_si256();
  int32_t count = 0;
  const int64_t all = s4_round_up(k, 16);
  for (int64_t i = 0; i < all; i += 8) {
    const __m256 v = values_at(x + i, k - i > 0 ? k - i : 0);
    const __m256i aside = kept_aside(v, least);
    for (unsigned left = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(aside))); left != 0;
         left &= left - 1) {
      const int64_t at = i + __builtin_ctz(left);
      exceptions[count++] = {static_cast<int32_t>(at), x[at]};
    }
    const __m256 kept = _mm256_andnot_ps(_mm256_castsi256_ps(aside), v);
    const __m256i numbers = _mm256_cvtps_epi32(_mm256_mul_ps(kept, inverse));
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_xor_si256(_mm256_add_epi32(numbers, carry), carry), by_digit);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 4 * i), bytes);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(8), bytes);
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    if ((i + 8) % panel.span == 0 || i + 8 == all) {
      const __m128i both = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(lacking), _mm_sub_epi32(_mm_setzero_si128(), both));
      lacking += 4;
      sums = _mm256_setzero_si256();
    }
  }
  return {unit.unit, count};
}

inline __m256i four_digits(const char* at) {
  int32_t word;
  memcpy(&word, at, 4);
  return _mm256_set1_epi32(word);
}

// Sums of a span of `groups` groups of 8 k of 8 columns; more sums at once do not find registers. Weights become weight
// + 8, unsigned bytes. Two products are at most 15 * 128 * 2: sums of eight such pairs fit 16 bits.
template <int D>
SINTER_VNNI_INLINE void sums_of_digits(const char* digits, const int32_t* lacking, const char* w, int64_t step,
                                       int64_t groups, __m256i (&s)[D]) {
  const __m256i eights = _mm256_set1_epi8(static_cast<char>(0x88)), low = _mm256_set1_epi8(15);
  vnni_repeat<D>([&](auto d) SINTER_VNNI_LAMBDA { s[d] = _mm256_set1_epi32(lacking[d]); });
  for (int64_t g = 0; g < groups;) {
    __m256i t[D];
    vnni_repeat<D>([&](auto d) SINTER_VNNI_LAMBDA { t[d] = _mm256_setzero_si256(); });
    for (const int64_t end = g + 4 < groups ? g + 4 : groups; g < end; g++, w += step, digits += 32) {
      _mm_prefetch(w + DIGITS_AVX2_AHEAD, _MM_HINT_T0);
      const __m256i words = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)), eights);
      const __m256i lower = _mm256_and_si256(words, low), upper = _mm256_and_si256(_mm256_srli_epi16(words, 4), low);
      vnni_repeat<D>([&](auto d) SINTER_VNNI_LAMBDA {
        const __m256i both = _mm256_add_epi16(_mm256_maddubs_epi16(lower, four_digits(digits + 4 * d)),
                                              _mm256_maddubs_epi16(upper, four_digits(digits + 16 + 4 * d)));
        t[d] = _mm256_add_epi16(t[d], both);
      });
    }
    vnni_repeat<D>([&](auto d) SINTER_VNNI_LAMBDA {
      s[d] = _mm256_add_epi32(s[d], _mm256_madd_epi16(t[d], _mm256_set1_epi16(1)));
    });
  }
}

// What sums of D digits make, times `unit`.
template <int D>
inline __m256 value_of_digits(const __m256i* s, __m256 unit, __m256 upper_unit) {
  const __m256i lower = _mm256_add_epi32(s[0], _mm256_slli_epi32(s[1], 8));
  const __m256i upper = D == 4 ? _mm256_add_epi32(s[2], _mm256_slli_epi32(s[D - 1], 8)) : s[2];
  return _mm256_fmadd_ps(_mm256_cvtepi32_ps(upper), upper_unit, _mm256_mul_ps(_mm256_cvtepi32_ps(lower), unit));
}

// A span's weights, from k0 on, at w; scales of 8 columns from column j on.
struct DigitsSpan {
  int64_t number, k0, count;
  const char* w;
  int64_t width;
  const char* halves;  // of the block; null: floats
  const float* floats;

  __m256 scale(int64_t j) const {
    return halves ? _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + 2 * j)))
                  : _mm256_loadu_ps(floats + j);
  }
};

// What 8 columns of a span add to a row's results y; `aside` are the span's exceptions.
template <int D>
inline void add_span(const DigitsRows& a, int64_t row, const DigitsSpan& span, const DigitsException* aside,
                     int64_t exceptions, int64_t j, float* y) {
  const float unit = a.about(row).unit;
  __m256i s[D];
  sums_of_digits<D>(a.digits(row) + 4 * span.k0, a.lacking(row) + 4 * span.number, span.w + 4 * j, 4 * span.width,
                    (span.count + 7) / 8, s);
  const __m256 scale = span.scale(j);
  const __m256 value = value_of_digits<D>(s, _mm256_set1_ps(unit), _mm256_set1_ps(unit * 65536));
  __m256 sum = _mm256_fmadd_ps(value, scale, _mm256_loadu_ps(y));
  for (int64_t e = 0; e < exceptions; e++) {
    const int64_t k = aside[e].k - span.k0, nibble = k % 4 * 2 + k % 8 / 4;
    const char* w = span.w + k / 8 * 4 * span.width + 4 * j;
    const __m256i top = _mm256_sll_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)),
                                         _mm_cvtsi32_si128(static_cast<int>(28 - 4 * nibble)));
    const __m256 weight = _mm256_cvtepi32_ps(_mm256_srai_epi32(top, 28));
    sum = _mm256_fmadd_ps(_mm256_mul_ps(_mm256_set1_ps(aside[e].x), weight), scale, sum);
  }
  _mm256_storeu_ps(y, sum);
}

template <int D>
inline void tile_of_digits(const DigitsRows& a, int64_t rows, const GemmParams& p, const char* tile, int64_t width,
                           float* c, int columns) {
  float y[DIGITS_AVX2_ROWS][64];
  const DigitsException* aside[DIGITS_AVX2_ROWS];
  int64_t left[DIGITS_AVX2_ROWS];
  for (int64_t r = 0; r < rows; r++) {
    memcpy(y[r], tile + 8 * width, static_cast<size_t>(4 * width));
    aside[r] = a.exceptions(r), left[r] = a.about(r).exceptions;
  }
  DigitsSpan span = {
      0, 0, 0, tile + s4_header_bytes(width), width, nullptr, reinterpret_cast<const float*>(tile + 4 * width)};
  for (; span.k0 < p.k; span.k0 += a.panel.span, span.number++) {
    span.count = p.k - span.k0 < a.panel.span ? p.k - span.k0 : a.panel.span;
    if (p.block > 0) {
      span.halves = span.w;
      span.w += 2 * width;
    }
    for (int64_t r = 0; r < rows; r++) {
      int64_t here = 0;
      while (here < left[r] && aside[r][here].k < span.k0 + span.count) here++;
      for (int64_t j = 0; j < width; j += 8) add_span<D>(a, r, span, aside[r], here, j, y[r] + j);
      aside[r] += here, left[r] -= here;
    }
    span.w += (span.count + 7) / 8 * 4 * width;
  }
  const __m256 low = _mm256_set1_ps(p.act_min), high = _mm256_set1_ps(p.act_max);
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t j = 0; j < width; j += 8) {  // keeps what is not a number
      _mm256_storeu_ps(y[r] + j, _mm256_min_ps(high, _mm256_max_ps(low, _mm256_loadu_ps(y[r] + j))));
    }
    memcpy(c + r * p.ldc, y[r], static_cast<size_t>(4 * columns));
  }
}

// Rows first_row .. + rows - 1 with tiles first_tile .. end_tile - 1; false where they stay floats, which all rows say
// together, so that results do not depend on how they are cut.
inline bool few_rows_by_digits(const GemmParams& p, const float* all, int64_t first_row, int64_t rows,
                               const char* packed, int64_t first_tile, int64_t end_tile, float* c, char* own) {
  if (!digits_take(p) || p.m > DIGITS_AVX2_ROWS) return false;
  const int digits = digits_of_rows(all, p.lda, p.m, p.k, largest_bits, count_kept_aside);
  if (digits == 0) return false;
  const float* a = all + first_row * p.lda;
  c += first_row * p.ldc;
  const DigitsRows of = {digits_avx2_panel(p), own};
  for (int64_t r = 0; r < rows; r++) {
    of.about(r) = fill_digits(of.panel, a + r * p.lda, p.k, digits, of.digits(r), of.lacking(r), of.exceptions(r));
  }
  const int64_t one_tile = s4_tile_bytes(S4_TILE_COLUMNS, p.k, p.block);
  for (int64_t t = first_tile; t < end_tile; t++) {
    const int64_t n0 = t * S4_TILE_COLUMNS, width = s4_tile_width(p.n, n0);
    const int columns = static_cast<int>(p.n - n0 < width ? p.n - n0 : width);
    const auto tile_of = digits == 3 ? tile_of_digits<3> : tile_of_digits<4>;
    tile_of(of, rows, p, packed + t * one_tile, width, c + n0, columns);
  }
  return true;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DIGITS_AVX2_H_
