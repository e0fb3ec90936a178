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

// What becomes of a finished sum.
struct Clamp {
  __m256 low, high;
  __m256 operator()(__m256 sum) const {
    return _mm256_min_ps(high, _mm256_max_ps(low, sum));
  }
};
struct Plain {
  __m256 operator()(__m256 sum) const {
    return sum;
  }
};

template <int N>
struct RowCount {
  enum { value = N };
};

// Stores the first `columns` (1..16) of 16 floats.
inline void store_columns(float* c, __m256 low, __m256 high, int columns) {
  if (columns == 16) {
    _mm256_storeu_ps(c, low);
    _mm256_storeu_ps(c + 8, high);
    return;
  }
  if (columns & 8) {
    _mm256_storeu_ps(c, low);
    c += 8;
    low = high;
  }
  __m128 rest = _mm256_castps256_ps128(low);
  if (columns & 4) {
    _mm_storeu_ps(c, rest);
    c += 4;
    rest = _mm256_extractf128_ps(low, 1);
  }
  if (columns & 2) {
    _mm_storel_pi(reinterpret_cast<__m64*>(c), rest);
    c += 2;
    rest = _mm_movehl_ps(rest, rest);
  }
  if (columns & 1) _mm_store_ss(c, rest);
}

#define SINTER_F32_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define SINTER_F32_DECLARE(r) __m256 low##r = bias_low, high##r = bias_high;
#define SINTER_F32_STEP(r)                          \
  if (r < ROWS) {                                   \
    const __m256 x = _mm256_broadcast_ss(a##r + i); \
    low##r = _mm256_fmadd_ps(x, w0, low##r);        \
    high##r = _mm256_fmadd_ps(x, w1, high##r);      \
  }
#define SINTER_F32_STORE(r) \
  if (r < ROWS) store_columns(c + r * ldc, finish(low##r), finish(high##r), columns);

// C[r][0..columns) = finish(bias + sum over i < k of a[r * lda + i] * w[i * w_step + column]), r < ROWS.
template <int ROWS, class Finish>
inline void tile_f32(const float* a, int64_t lda, const float* bias, const float* w, int64_t w_step, int64_t k,
                     float* c, int64_t ldc, int columns, const Finish& finish) {
  const __m256 bias_low = _mm256_loadu_ps(bias), bias_high = _mm256_loadu_ps(bias + 8);
  SINTER_F32_ROWS(SINTER_F32_DECLARE)
#define SINTER_F32_ROW(r) const float* a##r = a + (r < ROWS ? r : 0) * lda;
  SINTER_F32_ROWS(SINTER_F32_ROW)
#undef SINTER_F32_ROW
  for (int64_t i = 0; i < k; i++, w += w_step) {
    const __m256 w0 = _mm256_loadu_ps(w), w1 = _mm256_loadu_ps(w + 8);
    SINTER_F32_ROWS(SINTER_F32_STEP)
  }
  SINTER_F32_ROWS(SINTER_F32_STORE)
}

// How many rows to do next: no tile of one or two rows, which waits for its own sums, where the rows before it can
// be shared out better.
inline int64_t next_row_count(int64_t left) {
  return left == 7 || left == 8 ? 4 : left == 9 ? 5 : left < 6 ? left : 6;
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
