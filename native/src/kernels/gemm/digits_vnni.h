// The AVX-512 VNNI micro-kernel of digits (digits.h) and int4 weights (packing_s4.h): a weight becomes weight + 8, an
// unsigned byte, by one logical operation; sums begin with -8 times the sum of the digits. Only for files that are
// built for AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DIGITS_VNNI_H_
#define SINTER_KERNELS_GEMM_DIGITS_VNNI_H_

#include "kernels/gemm/digits_avx512.h"
#include "kernels/gemm/nibbles_vnni.h"

namespace sinter {
namespace {

inline void fill_digits(const DigitsRows& to, const float* a, int64_t lda, int64_t rows, int64_t k, int digits) {
  for (int64_t r = 0; r < rows; r++, a += lda) {
    const DigitsUnit unit = digits_unit(largest_bits(a, k), k, digits);
    char* out = to.digits(r);
    int32_t* lacking = to.lacking(r);
    __m512i sums = _mm512_setzero_si512();
    const int32_t count = write_digits(a, k, digits, unit, to.exceptions(r), [&](int64_t i, __m512i some) {
      _mm512_storeu_si512(out + 4 * i, some);
      dot4(&sums, _mm512_set1_epi8(8), some);
      if ((i + 16) % to.panel.span == 0 || i + 16 >= k) {
        const __m256i halves = _mm256_add_epi32(_mm512_castsi512_si256(sums), _mm512_extracti64x4_epi64(sums, 1));
        const __m128i all = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(lacking), _mm_sub_epi32(_mm_setzero_si128(), all));
        lacking += 4;
        sums = _mm512_setzero_si512();
      }
    });
    to.about(r) = {unit.unit, count};
  }
}

SINTER_ONE_INSTRUCTION __m512i lower_moved(__m512i words) {  // (words ^ 8) & 15 of each byte
  return _mm512_ternarylogic_epi32(words, _mm512_set1_epi8(8), _mm512_set1_epi8(15), 0x28);
}
SINTER_ONE_INSTRUCTION __m512i upper_moved(__m512i words) {
  return lower_moved(_mm512_srli_epi16(words, 4));
}
SINTER_ONE_INSTRUCTION __m512i four_digits(const char* at) {
  int32_t word;
  memcpy(&word, at, 4);
  return _mm512_set1_epi32(word);
}

// Sums of a span of `count` k of V vectors of weights, `step` bytes from 8 k to the next, with R rows of D digits:
// s[(D * r + d) * V + v].
template <int V, int R, int D>
SINTER_VNNI_INLINE void sums_of_digits(const DigitsRows& a, int64_t span, int64_t count, const char* w, int64_t step,
                                       __m512i (&s)[V * R * D]) {
  const char* from[R];
  vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
    from[r] = a.digits(r) + 4 * span * a.panel.span;
    const int32_t* lacking = a.lacking(r) + 4 * span;
    vnni_repeat<D>([&](auto d) SINTER_VNNI_LAMBDA {
      const __m512i begin = _mm512_set1_epi32(lacking[d]);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { s[(D * r + d) * V + v] = begin; });
    });
  });
  const auto meet = [&](const __m512i(&weights)[V], int64_t at) SINTER_VNNI_LAMBDA {
    vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
      vnni_repeat<D>([&](auto d) SINTER_VNNI_LAMBDA {
        const __m512i x = four_digits(from[r] + at + 4 * d);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&s[(D * r + d) * V + v], weights[v], x); });
      });
    });
  };
  for (int64_t at = 0; at < 4 * count; at += 32, w += step) {
    __m512i weights[V];
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      _mm_prefetch(w + S4_AHEAD + 64 * v, _MM_HINT_T0);
      weights[v] = lower_moved(_mm512_loadu_si512(w + 64 * v));
    });
    meet(weights, at);
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { weights[v] = upper_moved(_mm512_loadu_si512(w + 64 * v)); });
    meet(weights, at + 16);
  }
}

// R rows with a tile `width` columns wide, V vectors at a time.
template <int V, int R, int D>
inline void tile_of_digits(const DigitsRows& a, const GemmParams& p, const char* tile, int64_t width, float* c,
                           int columns) {
  const int64_t vectors = width / 16, span = a.panel.span;
  const DigitsException* aside[R];
  int32_t left[R];
  __m512 y[R * 4];
  for (int64_t v = 0; v < vectors; v++) {
    const __m512 bias = _mm512_loadu_ps(tile + 8 * width + 64 * v);
    for (int r = 0; r < R; r++) y[4 * r + v] = bias;
  }
  for (int r = 0; r < R; r++) aside[r] = a.exceptions(r), left[r] = a.about(r).exceptions;
  const char* w = tile + s4_header_bytes(width);
  for (int64_t b = 0, k0 = 0; k0 < p.k; b++, k0 += span) {
    const int64_t count = p.k - k0 < span ? p.k - k0 : span;
    const char* halves = w;
    if (p.block > 0) w += 2 * width;
    const auto scale_of = [&](int64_t v) SINTER_VNNI_LAMBDA {
      return p.block > 0 ? widen_one(reinterpret_cast<const uint16_t*>(halves + 32 * v))
                         : _mm512_loadu_ps(tile + 4 * width + 64 * v);
    };
    const auto some = [&](auto number, int64_t first) SINTER_VNNI_LAMBDA {
      constexpr int N = decltype(number)::value;
      __m512i s[N * R * D];
      sums_of_digits<N, R, D>(a, b, count, w + 64 * first, 4 * width, s);
      vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
        const __m512 unit = _mm512_set1_ps(a.about(r).unit);
        const __m512 upper = _mm512_mul_ps(unit, _mm512_set1_ps(65536));
        vnni_repeat<N>([&](auto v) SINTER_VNNI_LAMBDA {
          scale_and_add(&y[4 * r + first + v], value_of_digits<D>(&s[D * r * N + v], N, unit, upper),
                        scale_of(first + v));
        });
      });
    };
    int64_t first = 0;
    for (; vectors - first >= V; first += V) some(VnniConstant<V>(), first);
    for (; first < vectors; first++) some(VnniConstant<1>(), first);
    for (int r = 0; r < R; r++) {
      for (; left[r] > 0 && aside[r]->k < k0 + count; left[r]--, aside[r]++) {
        const int64_t k = aside[r]->k;
        const __m512 x = _mm512_set1_ps(aside[r]->x);
        for (int64_t v = 0; v < vectors; v++) {
          const __m512 weight = widen_at(w + (k - k0) / 8 * 4 * width + 64 * v, k - k0);
          scale_and_add(&y[4 * r + v], _mm512_mul_ps(x, weight), scale_of(v));
        }
      }
    }
    w += (count + 7) / 8 * 4 * width;
  }
  const WideClamp clamp = {p.act_min, p.act_max};
  for (int r = 0; r < R; r++) {
    for (int v = 0; 16 * v < columns; v++) {
      store_first(c + r * p.ldc + 16 * v, clamp(y[4 * r + v]), columns - 16 * v);
    }
  }
}

// `rows` rows of D digits with a tile, as many vectors of weights at once as sums find registers for.
template <int D>
inline void vnni_rows_of_digits(const DigitsRows& a, int64_t rows, const GemmParams& p, const char* tile, int64_t width,
                                float* c, int columns) {
  with_vnni_rows<DIGITS_VNNI_ROWS>(rows, [&](auto count) {
    constexpr int R = decltype(count)::value, V = R * D <= 6 ? 4 : R * D <= 9 ? 2 : 1;
    tile_of_digits<V, R, D>(a, p, tile, width, c, columns);
  });
}

// f with the number of digits, 3 or 4, as a constant.
template <class F>
inline void with_digits(int digits, const F& f) {
  if (digits == 3) {
    f(VnniConstant<3>());
  } else {
    f(VnniConstant<4>());
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DIGITS_VNNI_H_
