// One row of A in int8 by all of B where it stands, for AVX2: B is read once, so packing it would cost more than the
// products. Only for files that are built for AVX2 or more; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BATCH_MATMUL_DOTS_S8_AVX2_H_
#define SINTER_KERNELS_BATCH_MATMUL_DOTS_S8_AVX2_H_

#include <string.h>

#include "kernels/gemm/tile_avx2.h"

namespace sinter {
namespace {

// A row less its zero point, zeros up to a multiple of 16, by B, whose values of k stand next to each other
// (`transposed`) or its columns do; rows of B are ldb apart.
struct RowDots {
  const int16_t* a;
  int64_t k;
  const int8_t* b;
  int64_t ldb;
  bool transposed;
  int32_t term;  // of each sum: B's zero point by the row's
};

// The first `count` of 16 values, then zeros.
inline __m128i first_of_16(const int8_t* from, int64_t count) {
  if (count >= 16) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  int8_t some[16] = {};
  memcpy(some, from, static_cast<size_t>(count));
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(some));
}

// Sums of 8 columns (fewer: any for those past them) of a transposed B, from column n on.
inline __m256i dots_along_k(const RowDots& q, int64_t n, int64_t columns) {
  const int8_t* b[8];
  __m256i s[8];
#pragma GCC unroll 8
  for (int j = 0; j < 8; j++) {
    b[j] = q.b + (n + (j < columns ? j : columns - 1)) * q.ldb;
    s[j] = _mm256_setzero_si256();
  }
  const auto step = [&](int64_t k, const auto& load) {
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(q.a + k));
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
      s[j] = _mm256_add_epi32(s[j], _mm256_madd_epi16(a, _mm256_cvtepi8_epi16(load(b[j] + k))));
    }
  };
  int64_t k = 0;
  for (; k + 16 <= q.k; k += 16) {
    step(k, [](const int8_t* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); });
  }
  if (k < q.k) step(k, [&](const int8_t* at) { return first_of_16(at, q.k - k); });
  const __m256i low = _mm256_hadd_epi32(_mm256_hadd_epi32(s[0], s[1]), _mm256_hadd_epi32(s[2], s[3]));
  const __m256i high = _mm256_hadd_epi32(_mm256_hadd_epi32(s[4], s[5]), _mm256_hadd_epi32(s[6], s[7]));
  return _mm256_add_epi32(_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31));
}

// Sums of 16 columns (fewer: those past them are not read) of a B that is not transposed.
inline void dots_across_k(const RowDots& q, int64_t n, int64_t columns, __m256i* sums) {
  sums[0] = sums[1] = _mm256_setzero_si256();
  const int8_t* b = q.b + n;
  for (int64_t k = 0; k < q.k; k += 2, b += 2 * q.ldb) {
    const __m128i even = first_of_16(b, columns);
    const __m128i odd = k + 1 < q.k ? first_of_16(b + q.ldb, columns) : _mm_setzero_si128();
    int32_t two;
    memcpy(&two, q.a + k, 4);
    const __m256i a = _mm256_set1_epi32(two);
    const __m256i low = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(even, odd));
    const __m256i high = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(even, odd));
    sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(a, low));
    sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(a, high));
  }
}

// Results of columns n .. end - 1.
inline void row_dots(const RowDots& q, int64_t n, int64_t end, float scale, const Epilogue& e, int8_t* c) {
  const __m256 scales = _mm256_set1_ps(scale);
  const __m256i term = _mm256_set1_epi32(q.term);
  for (; n < end; n += 16) {
    const int64_t columns = end - n < 16 ? end - n : 16;
    __m256i s[2];
    if (q.transposed) {
      s[0] = dots_along_k(q, n, columns);
      s[1] = columns > 8 ? dots_along_k(q, n + 8, columns - 8) : _mm256_setzero_si256();
    } else {
      dots_across_k(q, n, columns, s);
    }
    const __m256i low = _mm256_add_epi32(s[0], term), high = _mm256_add_epi32(s[1], term);
    store_bytes(c + n, requantize(low, high, scales, scales, e), static_cast<int>(columns));
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_DOTS_S8_AVX2_H_
