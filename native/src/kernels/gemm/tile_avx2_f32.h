// The AVX2 float micro-kernel, shared by gemm and conv: up to 6 rows times 16 columns. Only for files
// that are built for AVX2; everything has internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// 12 accumulators; per k two loads of weights, 6 broadcasts and 12 vfmadd: at best 6 cycles.
#ifndef SINTER_KERNELS_GEMM_TILE_AVX2_F32_H_
#define SINTER_KERNELS_GEMM_TILE_AVX2_F32_H_

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace sinter {
namespace {

struct Clamp {
  __m256 low, high;
};

template <int N>
struct RowCount {
  enum { value = N };
};

#define SINTER_F32_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)

// C[r][0..columns) = clamp(bias + sum over k of a[r * lda + k] * tile), r < ROWS.
template <int ROWS>
inline void tile_f32(const float* a, int64_t lda, const float* tile, int64_t k, float* c, int64_t ldc, int columns,
                     const Clamp& clamp) {
  const __m256 bias_low = _mm256_loadu_ps(tile), bias_high = _mm256_loadu_ps(tile + 8);
#define SINTER_DECLARE(r) __m256 low##r = bias_low, high##r = bias_high;
  SINTER_F32_ROWS(SINTER_DECLARE)
#undef SINTER_DECLARE
  const float* w = tile + 16;
  for (int64_t i = 0; i < k; i++, w += 16) {
    const __m256 w0 = _mm256_loadu_ps(w), w1 = _mm256_loadu_ps(w + 8);
#define SINTER_STEP(r)                                     \
  if (r < ROWS) {                                          \
    const __m256 x = _mm256_broadcast_ss(a + r * lda + i); \
    low##r = _mm256_fmadd_ps(x, w0, low##r);               \
    high##r = _mm256_fmadd_ps(x, w1, high##r);             \
  }
    SINTER_F32_ROWS(SINTER_STEP)
#undef SINTER_STEP
  }
#define SINTER_STORE(r)                                                     \
  if (r < ROWS) {                                                           \
    low##r = _mm256_min_ps(_mm256_max_ps(low##r, clamp.low), clamp.high);   \
    high##r = _mm256_min_ps(_mm256_max_ps(high##r, clamp.low), clamp.high); \
    if (columns == 16) {                                                    \
      _mm256_storeu_ps(c + r * ldc, low##r);                                \
      _mm256_storeu_ps(c + r * ldc + 8, high##r);                           \
    } else {                                                                \
      float tail[16];                                                       \
      _mm256_storeu_ps(tail, low##r);                                       \
      _mm256_storeu_ps(tail + 8, high##r);                                  \
      memcpy(c + r * ldc, tail, static_cast<size_t>(columns) * 4);          \
    }                                                                       \
  }
  SINTER_F32_ROWS(SINTER_STORE)
#undef SINTER_STORE
}

// Calls f with the number of rows (at most 6) as a constant.
template <class F>
inline void with_row_count(int64_t rows, const F& f) {
  switch (rows) {
    case 1:
      f(RowCount<1>());
      break;
    case 2:
      f(RowCount<2>());
      break;
    case 3:
      f(RowCount<3>());
      break;
    case 4:
      f(RowCount<4>());
      break;
    case 5:
      f(RowCount<5>());
      break;
    default:
      f(RowCount<6>());
      break;
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AVX2_F32_H_
