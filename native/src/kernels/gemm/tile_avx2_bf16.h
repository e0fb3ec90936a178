// The AVX2 bfloat16 micro-kernel, shared by gemm, conv and batch_matmul: up to 6 rows times 16 columns, in float. Only
// for files that are built for AVX2; everything has internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// Without instructions for bfloat16: a pair of weights becomes two floats by a shift and a mask, activations are floats
// that were rounded when the panel was made. 12 accumulators; per two k two loads, 2 shifts, 2 masks, 12 broadcasts and
// 24 vfmadd: at best 12 cycles.
#ifndef SINTER_KERNELS_GEMM_TILE_AVX2_BF16_H_
#define SINTER_KERNELS_GEMM_TILE_AVX2_BF16_H_

#include "kernels/gemm/bf16.h"
#include "kernels/gemm/round_bf16_avx2.h"
#include "kernels/gemm/tile_avx2_f32.h"

namespace sinter {
namespace {

// An element of the panel, and how it is made of activations.
inline void fill_panel(const float* x, int64_t count, float* out) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(out + i, _mm256_castsi256_ps(round_to_bf16(_mm256_loadu_ps(x + i))));
  for (; i < count; i++) out[i] = bf16_rounded(x[i]);
}
inline void fill_panel(const uint16_t* x, int64_t count, float* out) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i)));
    _mm256_storeu_ps(out + i, _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16)));
  }
  for (; i < count; i++) out[i] = bf16_to_float(x[i]);
}

inline __m256 even_weights(__m256i pairs) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(pairs, 16));
}
inline __m256 odd_weights(__m256i pairs) {
  return _mm256_castsi256_ps(_mm256_and_si256(pairs, _mm256_set1_epi32(static_cast<int>(0xffff0000))));
}
inline __m256i load_pairs(const uint32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline __m256 load_bias(const uint32_t* p) {
  return _mm256_castsi256_ps(load_pairs(p));
}

#define SINTER_BF16_STEP(r)                                            \
  if (r < ROWS) {                                                      \
    const __m256 x0 = _mm256_broadcast_ss(a + r * stride + 2 * i);     \
    low##r = _mm256_fmadd_ps(x0, even_low, low##r);                    \
    high##r = _mm256_fmadd_ps(x0, even_high, high##r);                 \
    const __m256 x1 = _mm256_broadcast_ss(a + r * stride + 2 * i + 1); \
    low##r = _mm256_fmadd_ps(x1, odd_low, low##r);                     \
    high##r = _mm256_fmadd_ps(x1, odd_high, high##r);                  \
  }

// C[r][0..columns) = finish(bias + sum over k of a[r * stride + k] * w[k][column]), r < ROWS.
template <int ROWS, class Finish>
inline void tile_bf16(const float* a, int64_t stride, const uint32_t* tile, int64_t pairs, float* c, int64_t ldc,
                      int columns, const Finish& finish) {
  const __m256 bias_low = load_bias(tile), bias_high = load_bias(tile + 8);
  SINTER_F32_ROWS(SINTER_F32_DECLARE)
  const uint32_t* w = tile + 16;
  for (int64_t i = 0; i < pairs; i++, w += 16) {
    const __m256i w0 = load_pairs(w), w1 = load_pairs(w + 8);
    const __m256 even_low = even_weights(w0), odd_low = odd_weights(w0);
    const __m256 even_high = even_weights(w1), odd_high = odd_weights(w1);
    SINTER_F32_ROWS(SINTER_BF16_STEP)
  }
  SINTER_F32_ROWS(SINTER_F32_STORE)
}

// One row: two tiles side by side, even and odd k summed apart, so that no sum waits for itself.
template <class Finish>
inline void two_tiles_bf16(const float* a, const uint32_t* tile, int64_t one_tile, int64_t pairs, float* c,
                           const Finish& finish) {
  const uint32_t* second = tile + one_tile;
  __m256 even[4] = {load_bias(tile), load_bias(tile + 8), load_bias(second), load_bias(second + 8)};
  __m256 odd[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
  for (int64_t i = 0, at = 16; i < pairs; i++, at += 16) {
    const __m256 x0 = _mm256_broadcast_ss(a + 2 * i), x1 = _mm256_broadcast_ss(a + 2 * i + 1);
    const __m256i w[4] = {load_pairs(tile + at), load_pairs(tile + at + 8), load_pairs(second + at),
                          load_pairs(second + at + 8)};
    for (int j = 0; j < 4; j++) {
      even[j] = _mm256_fmadd_ps(x0, even_weights(w[j]), even[j]);
      odd[j] = _mm256_fmadd_ps(x1, odd_weights(w[j]), odd[j]);
    }
  }
  for (int j = 0; j < 4; j++) _mm256_storeu_ps(c + 8 * j, finish(_mm256_add_ps(even[j], odd[j])));
}

// What the drivers (drive_bf16.h) ask of a kernel.
template <class Finish>
struct TileBf16 {
  enum { ROWS = 6, TILES = 2 };
  typedef float Value;
  Finish finish;
  bool one_row;  // the product has no more: what is left of many is summed as those are, however they are cut

  int64_t next_rows(int64_t left) const {
    return next_row_count(left);
  }
  template <class T>
  void fill(const T* x, int64_t count, Value* out) const {
    fill_panel(x, count, out);
  }
  void multiply(int64_t rows, const Value* a, int64_t stride, const uint32_t* tile, int64_t one_tile, int64_t pairs,
                float* c, int64_t ldc, int columns) const {
    if (one_row && columns == 32) {
      two_tiles_bf16(a, tile, one_tile, pairs, c, finish);
      return;
    }
    for (; columns > 0; columns -= 16, tile += one_tile, c += 16) {
      with_row_count(rows, [&](auto count) {
        tile_bf16<decltype(count)::value>(a, stride, tile, pairs, c, ldc, columns < 16 ? columns : 16, finish);
      });
    }
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AVX2_BF16_H_
