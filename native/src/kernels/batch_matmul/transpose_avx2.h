// Moves matrices into the forms that the tiles read, for AVX2: 8x8 transpositions of 32-bit values.
// Only for files that are built for AVX2 or more; everything has internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BATCH_MATMUL_TRANSPOSE_AVX2_H_
#define SINTER_KERNELS_BATCH_MATMUL_TRANSPOSE_AVX2_H_

#include <stdint.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

namespace sinter {
namespace {

// r[i] lane j becomes r[j] lane i.
inline __attribute__((always_inline)) void transpose_8x8(__m256 (&r)[8]) {
  const __m256 a0 = _mm256_unpacklo_ps(r[0], r[1]), a1 = _mm256_unpackhi_ps(r[0], r[1]);
  const __m256 a2 = _mm256_unpacklo_ps(r[2], r[3]), a3 = _mm256_unpackhi_ps(r[2], r[3]);
  const __m256 a4 = _mm256_unpacklo_ps(r[4], r[5]), a5 = _mm256_unpackhi_ps(r[4], r[5]);
  const __m256 a6 = _mm256_unpacklo_ps(r[6], r[7]), a7 = _mm256_unpackhi_ps(r[6], r[7]);
  const __m256 b0 = _mm256_shuffle_ps(a0, a2, 0x44), b1 = _mm256_shuffle_ps(a0, a2, 0xee);
  const __m256 b2 = _mm256_shuffle_ps(a1, a3, 0x44), b3 = _mm256_shuffle_ps(a1, a3, 0xee);
  const __m256 b4 = _mm256_shuffle_ps(a4, a6, 0x44), b5 = _mm256_shuffle_ps(a4, a6, 0xee);
  const __m256 b6 = _mm256_shuffle_ps(a5, a7, 0x44), b7 = _mm256_shuffle_ps(a5, a7, 0xee);
  r[0] = _mm256_permute2f128_ps(b0, b4, 0x20);
  r[1] = _mm256_permute2f128_ps(b1, b5, 0x20);
  r[2] = _mm256_permute2f128_ps(b2, b6, 0x20);
  r[3] = _mm256_permute2f128_ps(b3, b7, 0x20);
  r[4] = _mm256_permute2f128_ps(b0, b4, 0x31);
  r[5] = _mm256_permute2f128_ps(b1, b5, 0x31);
  r[6] = _mm256_permute2f128_ps(b2, b6, 0x31);
  r[7] = _mm256_permute2f128_ps(b3, b7, 0x31);
}

// out[j][i] = in[i][j] for i < rows, j < columns; strides count floats.
inline void transpose_f32(const float* in, int64_t in_stride, int64_t rows, int64_t columns, float* out,
                          int64_t out_stride) {
  int64_t i = 0;
  for (; i + 8 <= rows; i += 8) {
    int64_t j = 0;
    for (; j + 8 <= columns; j += 8) {
      __m256 r[8];
      for (int l = 0; l < 8; l++) r[l] = _mm256_loadu_ps(in + (i + l) * in_stride + j);
      transpose_8x8(r);
      for (int l = 0; l < 8; l++) _mm256_storeu_ps(out + (j + l) * out_stride + i, r[l]);
    }
    for (; j < columns; j++) {
      for (int64_t l = i; l < i + 8; l++) out[j * out_stride + l] = in[l * in_stride + j];
    }
  }
  for (; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) out[j * out_stride + i] = in[i * in_stride + j];
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_TRANSPOSE_AVX2_H_
