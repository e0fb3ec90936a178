// The AVX-512 float micro-kernel, shared by gemm, conv and batch_matmul: up to 7 rows times one or two tiles of 16
// columns. Only for files that are built for AVX-512; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// 14 accumulators; per k two loads of weights, 7 broadcasts from memory and 14 vfmadd: 7 cycles where there are two
// units of 512 bits, 14 on Zen 4. 7 divides the pixels of the usual images (7 x 7, 14 x 14, ... 112 x 112).
#ifndef SINTER_KERNELS_GEMM_TILE_AVX512_F32_H_
#define SINTER_KERNELS_GEMM_TILE_AVX512_F32_H_

#include <stdint.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
#define SINTER_F32_INSTRUCTION __attribute__((noinline))  // emulated ones are long: inlined, they take minutes to build
#else
#define SINTER_F32_INSTRUCTION inline
#endif

SINTER_F32_INSTRUCTION void add_product(__m512* sum, const float* x, __m512 w) {
  *sum = _mm512_fmadd_ps(_mm512_set1_ps(*x), w, *sum);
}
SINTER_F32_INSTRUCTION void store_first(float* c, __m512 value, int columns) {
  if (columns >= 16) {
    _mm512_storeu_ps(c, value);
  } else {
    _mm512_mask_storeu_ps(c, static_cast<__mmask16>((1u << columns) - 1), value);
  }
}

// What becomes of a finished sum.
struct WideClamp {
  float low, high;
  SINTER_F32_INSTRUCTION __m512 operator()(__m512 sum) const {
    return _mm512_min_ps(_mm512_set1_ps(high), _mm512_max_ps(_mm512_set1_ps(low), sum));
  }
};
struct WidePlain {
  __m512 operator()(__m512 sum) const {
    return sum;
  }
};

#define SINTER_WIDE_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)
#define SINTER_WIDE_DECLARE(r) __m512 low##r = bias_low, high##r = bias_high;
#define SINTER_WIDE_STEP(r)                             \
  if (r < ROWS) {                                       \
    add_product(&low##r, a##r + i, w0);                 \
    if (TILES > 1) add_product(&high##r, a##r + i, w1); \
  }
#define SINTER_WIDE_STORE(r)                                                     \
  if (r < ROWS) {                                                                \
    store_first(c + r * ldc, finish(low##r), columns);                           \
    if (TILES > 1) store_first(c + r * ldc + 16, finish(high##r), columns - 16); \
  }

// C[r][0..columns) = finish(bias + sum over i < k of a[r * lda + i] * w[i * w_step + column]), r < ROWS. Columns 16 and
// on have their bias at bias_high and their weights `gap` floats behind those of the first. With AHEAD, 16 floats from
// `ahead` on are brought nearer for each k.
template <int ROWS, int TILES, bool AHEAD = false, class Finish>
inline void wide_tile(const float* a, int64_t lda, const float* bias, const float* second_bias, const float* w,
                      int64_t gap, int64_t w_step, int64_t k, float* c, int64_t ldc, int columns, const Finish& finish,
                      const float* ahead = nullptr) {
  const __m512 bias_low = _mm512_loadu_ps(bias), bias_high = TILES > 1 ? _mm512_loadu_ps(second_bias) : bias_low;
  SINTER_WIDE_ROWS(SINTER_WIDE_DECLARE)
#define SINTER_WIDE_ROW(r) const float* a##r = a + (r < ROWS ? r : 0) * lda;
  SINTER_WIDE_ROWS(SINTER_WIDE_ROW)
#undef SINTER_WIDE_ROW
  for (int64_t i = 0; i < k; i++, w += w_step) {
    const __m512 w0 = _mm512_loadu_ps(w), w1 = TILES > 1 ? _mm512_loadu_ps(w + gap) : w0;
    SINTER_WIDE_ROWS(SINTER_WIDE_STEP)
    (void)w1;
    if (AHEAD) _mm_prefetch(reinterpret_cast<const char*>(ahead + 16 * i), _MM_HINT_T1);
  }
  SINTER_WIDE_ROWS(SINTER_WIDE_STORE)
}

template <int R, int T>
struct WideSize {
  enum { rows = R, tiles = T };
};

// Calls f with the number of rows (at most 7) and of tiles (one for up to 16 columns, else two) as constants.
template <class F>
inline void with_wide_size(int64_t rows, int columns, const F& f) {
#define SINTER_WIDE_CASE(n) \
  case n:                   \
    if (columns > 16) {     \
      f(WideSize<n, 2>());  \
    } else {                \
      f(WideSize<n, 1>());  \
    }                       \
    break;
  switch (rows) {
    SINTER_WIDE_CASE(1)
    SINTER_WIDE_CASE(2)
    SINTER_WIDE_CASE(3)
    SINTER_WIDE_CASE(4)
    SINTER_WIDE_CASE(5)
    SINTER_WIDE_CASE(6)
    default:
      if (columns > 16) {
        f(WideSize<7, 2>());
      } else {
        f(WideSize<7, 1>());
      }
      break;
  }
#undef SINTER_WIDE_CASE
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AVX512_F32_H_
