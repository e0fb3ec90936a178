// A few rows of floats by a transposed B, whose rows are read where they are: packing them would take longer than the
// products. Only for files that are built for AVX2 or more; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BATCH_MATMUL_DOTS_F32_AVX2_H_
#define SINTER_KERNELS_BATCH_MATMUL_DOTS_F32_AVX2_H_

#include <immintrin.h>
#include <stdint.h>

namespace sinter {
namespace {

// The sums of 8 vectors, each in its place.
inline __m256 sums_of_8(const __m256 (&v)[8]) {
  const __m256 a = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
  const __m256 b = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
  return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}

// c[0..columns) = a . row j of b, rows ldb apart, of k values each; 1 <= columns <= 8.
inline void dots_of_8(const float* a, const float* b, int64_t ldb, int64_t k, int64_t columns, float* c) {
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const auto first = [&](int64_t n) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lanes); };
  const float* row[8];
  __m256 sums[8];
  for (int64_t j = 0; j < 8; j++) {  // those that are not there are the last one once more
    row[j] = b + (j < columns ? j : columns - 1) * ldb;
    sums[j] = _mm256_setzero_ps();
  }
  int64_t i = 0;
  for (; i + 8 <= k; i += 8) {
    const __m256 x = _mm256_loadu_ps(a + i);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) sums[j] = _mm256_fmadd_ps(x, _mm256_loadu_ps(row[j] + i), sums[j]);
  }
  if (i < k) {
    const __m256i rest = first(k - i);
    const __m256 x = _mm256_maskload_ps(a + i, rest);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) sums[j] = _mm256_fmadd_ps(x, _mm256_maskload_ps(row[j] + i, rest), sums[j]);
  }
  if (columns == 8) {
    _mm256_storeu_ps(c, sums_of_8(sums));
  } else {
    _mm256_maskstore_ps(c, first(columns), sums_of_8(sums));
  }
}

// Up to so many rows, packing B costs more than reading it for each.
constexpr int64_t DOTS_ROWS = 6;

inline void dots_f32(const float* a, int64_t lda, int64_t rows, const float* b, int64_t ldb, int64_t k, int64_t columns,
                     float* c, int64_t ldc) {
  for (int64_t n = 0; n < columns; n += 8) {
    for (int64_t r = 0; r < rows; r++) {
      dots_of_8(a + r * lda, b + n * ldb, ldb, k, columns - n < 8 ? columns - n : 8, c + r * ldc + n);
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_DOTS_F32_AVX2_H_
