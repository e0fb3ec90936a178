// The AVX2 micro-kernel of int16 activations and int8 weights, shared by gemm, conv and transpose_conv. Only for files
// that are built for AVX2; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// The int8 kernel's sums in int32, over at most 255 pairs of k: 510 products of 2^22 still fit. Longer ones are added
// up in int64.
#ifndef SINTER_KERNELS_GEMM_TILE_AVX2_S16_H_
#define SINTER_KERNELS_GEMM_TILE_AVX2_S16_H_

#include "kernels/gemm/packing_s16.h"
#include "kernels/gemm/tile_avx2.h"

namespace sinter {
namespace {

// What is int16 already is only copied.
inline void widen(const int16_t* in, int64_t count, int16_t* out) {
  memcpy(out, in, static_cast<size_t>(2 * count));
}

struct Epilogue16 {
  int32_t how, low, high;
};

// Four sums by REQUANTIZE_FIXED_64, the low halves of 64 bits each.
inline __m256i scale_four(__m256i sum, __m256i reduced, __m256i half, __m256i shift) {
  const __m256i low = _mm256_mul_epu32(sum, reduced);
  const __m256i high = _mm256_slli_epi64(_mm256_mul_epu32(_mm256_srli_epi64(sum, 32), reduced), 32);
  const __m256i product = _mm256_add_epi64(_mm256_add_epi64(low, high), half);
  const __m256i sign = _mm256_cmpgt_epi64(_mm256_setzero_si256(), product);
  return _mm256_xor_si256(_mm256_srlv_epi64(_mm256_xor_si256(product, sign), shift), sign);
}

// 16 sums of one row, bias included, to 16 values of 32 bits.
inline void requantize_row(const int64_t* sums, const Columns16& columns, int32_t how, int32_t* out) {
  if (how != REQUANTIZE_FIXED_64) {
    for (int i = 0; i < S16_TILE_COLUMNS; i++) out[i] = requantize_16(sums[i], columns, i, how);
    return;
  }
  const __m128i most = _mm_set1_epi32(0x7fff), upper = _mm_set1_epi32(1 << 15);
  const __m256i fifteen = _mm256_set1_epi64x(15), one = _mm256_set1_epi64x(1);
  for (int i = 0; i < S16_TILE_COLUMNS; i += 4) {
    const __m128i multiplier = _mm_loadu_si128(reinterpret_cast<const __m128i*>(columns.multiplier + i));
    // 0x7fffffff + 2^15 passes 2^31: unsigned shift, then at most 0x7fff.
    const __m128i reduced = _mm_min_epi32(_mm_srli_epi32(_mm_add_epi32(multiplier, upper), 16), most);
    const __m256i shift = _mm256_sub_epi64(
        fifteen, _mm256_cvtepi32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(columns.shift + i))));
    const __m256i half = _mm256_sllv_epi64(one, _mm256_sub_epi64(shift, one));
    const __m256i value = scale_four(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(sums + i)),
                                     _mm256_cvtepu32_epi64(reduced), half, shift);
    const __m256i packed = _mm256_permutevar8x32_epi32(value, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm256_castsi256_si128(packed));
  }
}

// ROWS rows of sums, bias included, to `columns` int16 each, rows of c ldc values apart.
template <int ROWS>
inline void store_totals(const int64_t (&totals)[ROWS][S16_TILE_COLUMNS], const Columns16& constants, int16_t* c,
                         int64_t ldc, int columns, const Epilogue16& e) {
  const __m256i low = _mm256_set1_epi16(static_cast<int16_t>(e.low));
  const __m256i high = _mm256_set1_epi16(static_cast<int16_t>(e.high));
  for (int r = 0; r < ROWS; r++) {
    alignas(32) int32_t values[S16_TILE_COLUMNS];
    requantize_row(totals[r], constants, e.how, values);
    const __m256i* v = reinterpret_cast<const __m256i*>(values);
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(v[0], v[1]), 0xd8);
    words = _mm256_min_epi16(_mm256_max_epi16(words, low), high);
    if (columns == S16_TILE_COLUMNS) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + r * ldc), words);
    } else {
      alignas(32) int16_t some[S16_TILE_COLUMNS];
      _mm256_store_si256(reinterpret_cast<__m256i*>(some), words);
      memcpy(c + r * ldc, some, static_cast<size_t>(2 * columns));
    }
  }
}

// One tile of int16 results: ROWS rows, `columns` (1..16) columns, rows of c ldc values apart.
template <int ROWS>
inline void tile_s16(const int16_t* a, int64_t stride, const char* tile, int64_t pairs, int16_t* c, int64_t ldc,
                     int columns, const Epilogue16& e) {
  const Columns16 constants = columns16(tile, S16_TILE_COLUMNS);
  alignas(32) int64_t totals[ROWS][S16_TILE_COLUMNS];
  for (int r = 0; r < ROWS; r++) memcpy(totals[r], constants.bias, sizeof totals[r]);
  for (int64_t done = 0; done < pairs; done += 255) {
    const int64_t count = pairs - done < 255 ? pairs - done : 255;
    __m256i sums[12];
    pair_sums<ROWS>(pair_rows(a + 2 * done, stride, count), constants.weights + 32 * done, sums);
    for (int r = 0; r < ROWS; r++) {
      __m256i* total = reinterpret_cast<__m256i*>(totals[r]);
      for (int v = 0; v < 2; v++) {
        const __m128i low = _mm256_castsi256_si128(sums[2 * r + v]),
                      high = _mm256_extracti128_si256(sums[2 * r + v], 1);
        total[2 * v] = _mm256_add_epi64(total[2 * v], _mm256_cvtepi32_epi64(low));
        total[2 * v + 1] = _mm256_add_epi64(total[2 * v + 1], _mm256_cvtepi32_epi64(high));
      }
    }
  }
  store_totals<ROWS>(totals, constants, c, ldc, columns, e);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AVX2_S16_H_
