// The AVX-512 bfloat16 micro-kernel, shared by gemm, conv and batch_matmul: up to 7 rows times one or two tiles of 16
// columns. Only for files that are built for AVX-512 with BF16; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// 14 accumulators; per two k two loads of weights, 7 broadcasts from memory and 14 vdpbf16ps.
#ifndef SINTER_KERNELS_GEMM_TILE_AVX512_BF16_H_
#define SINTER_KERNELS_GEMM_TILE_AVX512_BF16_H_

#include "kernels/gemm/bf16.h"
#include "kernels/gemm/tile_avx512_f32.h"

namespace sinter {
namespace {

// Two bfloat16 of a row times 16 pairs of weights, added to 16 sums.
SINTER_F32_INSTRUCTION void add_pair(__m512* sum, const uint16_t* x, __m512i w) {
  int32_t pair;
  memcpy(&pair, x, 4);
#if defined(SINTER_EMULATED)
  *sum = ::sinter_emulated::dot_bf16(*sum, _mm512_set1_epi32(pair), w);
#else
  *sum = _mm512_dpbf16_ps(*sum, (__m512bh)_mm512_set1_epi32(pair), (__m512bh)w);
#endif
}
SINTER_F32_INSTRUCTION __m512i load_wide_pairs(const uint32_t* p) {
  return _mm512_loadu_si512(p);
}
SINTER_F32_INSTRUCTION __m512 load_wide_bias(const uint32_t* p) {
  return _mm512_loadu_ps(reinterpret_cast<const float*>(p));
}

inline void fill_panel(const float* x, int64_t count, uint16_t* out) {
  int64_t i = 0;
#if !defined(SINTER_EMULATED)
  for (; i + 16 <= count; i += 16) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(x + i)));
  }
  if (i < count) {
    const __mmask16 mask = static_cast<__mmask16>((1u << (count - i)) - 1);
    _mm256_mask_storeu_epi16(out + i, mask, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + i)));
  }
#else
  for (; i < count; i++) out[i] = bf16_from_float(x[i]);
#endif
}
inline void fill_panel(const uint16_t* x, int64_t count, uint16_t* out) {
  memcpy(out, x, static_cast<size_t>(count) * 2);
}

#define SINTER_WIDE_BF16_STEP(r)                                   \
  if (r < ROWS) {                                                  \
    add_pair(&low##r, a + r * stride + 2 * i, w0);                 \
    if (TILES > 1) add_pair(&high##r, a + r * stride + 2 * i, w1); \
  }

template <int ROWS, int TILES, class Finish>
inline void wide_tile_bf16(const uint16_t* a, int64_t stride, const uint32_t* tile, int64_t one_tile, int64_t pairs,
                           float* c, int64_t ldc, int columns, const Finish& finish) {
  const __m512 bias_low = load_wide_bias(tile), bias_high = TILES > 1 ? load_wide_bias(tile + one_tile) : bias_low;
  SINTER_WIDE_ROWS(SINTER_WIDE_DECLARE)
  const uint32_t* w = tile + 16;
  for (int64_t i = 0; i < pairs; i++, w += 16) {
    const __m512i w0 = load_wide_pairs(w), w1 = TILES > 1 ? load_wide_pairs(w + one_tile) : w0;
    SINTER_WIDE_ROWS(SINTER_WIDE_BF16_STEP)
    (void)w1;
  }
  SINTER_WIDE_ROWS(SINTER_WIDE_STORE)
}

// What the drivers (drive_bf16.h) ask of a kernel.
template <class Finish>
struct WideTileBf16 {
  enum { ROWS = 7, TILES = 2 };
  typedef uint16_t Value;
  Finish finish;

  int64_t next_rows(int64_t left) const {
    return left <= 7 ? left : left < 14 ? (left + 1) / 2 : 7;  // a tile of one row waits for its sums
  }
  template <class T>
  void fill(const T* x, int64_t count, Value* out) const {
    fill_panel(x, count, out);
  }
  void multiply(int64_t rows, const Value* a, int64_t stride, const uint32_t* tile, int64_t one_tile, int64_t pairs,
                float* c, int64_t ldc, int columns) const {
    with_wide_size(rows, columns, [&](auto size) {
      wide_tile_bf16<decltype(size)::rows, decltype(size)::tiles>(a, stride, tile, one_tile, pairs, c, ldc, columns,
                                                                  finish);
    });
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AVX512_BF16_H_
