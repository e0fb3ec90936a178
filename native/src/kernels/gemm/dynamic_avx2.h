// Float activations to int16 values, and sums of their products back to floats, for AVX2. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DYNAMIC_AVX2_H_
#define SINTER_KERNELS_GEMM_DYNAMIC_AVX2_H_

#include <immintrin.h>

#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/tile_avx2.h"

namespace sinter {
namespace {

struct DynamicAvx2 {
  static inline void extremes(const float* x, int64_t count, float* low, float* high) {
    __m256 lows = _mm256_setzero_ps(), highs = _mm256_setzero_ps();
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) {  // what is not a number is passed over
      const __m256 v = _mm256_loadu_ps(x + i);
      lows = _mm256_min_ps(v, lows);
      highs = _mm256_max_ps(v, highs);
    }
    alignas(32) float least[8], most[8];
    _mm256_store_ps(least, lows);
    _mm256_store_ps(most, highs);
    for (int j = 1; j < 8; j++) {
      least[0] = least[j] < least[0] ? least[j] : least[0];
      most[0] = most[j] > most[0] ? most[j] : most[0];
    }
    for (; i < count; i++) {
      least[0] = x[i] < least[0] ? x[i] : least[0];
      most[0] = x[i] > most[0] ? x[i] : most[0];
    }
    *low = least[0];
    *high = most[0];
  }

  static inline void quantize(const float* x, int64_t count, const DynamicRange& r, int16_t* out) {
    const bool delegate = r.mode == DYNAMIC_DELEGATE;
    const float zero_point = static_cast<float>(r.zero_point);
    const __m256 scale = _mm256_set1_ps(r.scale), offset = _mm256_set1_ps(zero_point);
    const __m256 highest = _mm256_set1_ps(delegate ? 127.0f - zero_point : 127.0f);
    const __m256 lowest = _mm256_set1_ps(delegate                      ? -128.0f - zero_point
                                         : r.mode == DYNAMIC_SYMMETRIC ? -127.0f
                                                                       : -128.0f);
    const __m256 sign = _mm256_set1_ps(-0.0f), half = _mm256_set1_ps(0.49999997f);
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) {
      const __m256 product = _mm256_mul_ps(_mm256_loadu_ps(x + i), scale);
      __m256i q;
      if (delegate) {
        q = _mm256_cvtps_epi32(_mm256_max_ps(_mm256_min_ps(product, highest), lowest));
      } else {  // halves away from zero
        const __m256 sum = _mm256_add_ps(offset, product);
        __m256 value = _mm256_add_ps(sum, _mm256_or_ps(_mm256_and_ps(sum, sign), half));
        value = _mm256_round_ps(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
        value = _mm256_min_ps(_mm256_max_ps(value, lowest), highest);
        q = _mm256_cvtps_epi32(_mm256_sub_ps(value, offset));
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                       _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1)));
    }
    for (; i < count; i++) out[i] = dynamic_value(x[i], r);
  }
};

// Eight sums of one row.
inline __m256 dynamic_results(__m256i sums, const DynamicRange& r, __m256 scale, __m256 bias) {
  const __m256 inverse = _mm256_set1_ps(r.inverse);
  if (r.folded) return _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_mul_ps(inverse, scale)), bias);
  const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), inverse);
  return r.mode == DYNAMIC_DELEGATE ? _mm256_fmadd_ps(product, scale, bias)
                                    : _mm256_add_ps(_mm256_mul_ps(product, scale), bias);
}

// One tile: `columns` (1..16) floats of ROWS rows, ldc floats apart; range_of(r) is the row's.
template <int ROWS, class F>
inline void tile_dynamic(const int16_t* a, int64_t stride, const char* tile, int64_t pairs, float* c, int64_t ldc,
                         int columns, F range_of, __m256 low, __m256 high) {
  __m256i sums[12];
  const DynamicColumns constants = dynamic_columns(tile, DYNAMIC_TILE_COLUMNS);
  pair_sums<ROWS>(pair_rows(a, stride, pairs), constants.weights, sums);
  for (int r = 0; r < ROWS; r++) {
    alignas(32) float values[DYNAMIC_TILE_COLUMNS];
    const DynamicRange& range = range_of(r);
    for (int v = 0; v < 2; v++) {
      __m256 y = dynamic_results(sums[2 * r + v], range, _mm256_loadu_ps(constants.scale + 8 * v),
                                 _mm256_loadu_ps(constants.bias + 8 * v));
      y = _mm256_min_ps(high, _mm256_max_ps(low, y));  // keeps what is not a number
      if (columns == DYNAMIC_TILE_COLUMNS) {
        _mm256_storeu_ps(c + r * ldc + 8 * v, y);
      } else {
        _mm256_store_ps(values + 8 * v, y);
      }
    }
    if (columns < DYNAMIC_TILE_COLUMNS) memcpy(c + r * ldc, values, static_cast<size_t>(4 * columns));
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DYNAMIC_AVX2_H_
