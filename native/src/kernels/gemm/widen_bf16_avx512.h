// Int8 weights to pairs of bfloat16, for AVX-512. Only for files that are built for it; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_WIDEN_BF16_AVX512_H_
#define SINTER_KERNELS_GEMM_WIDEN_BF16_AVX512_H_

#include <string.h>

#include "kernels/gemm/packing_bf16s8.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

// Bytes ahead of the weights in use that are brought nearer meanwhile.
constexpr int64_t WIDENED_AHEAD = 2048;

SINTER_ONE_INSTRUCTION __m512i bf16_above(const int8_t* w) {
  const __m512i wide = _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
  return _mm512_castps_si512(_mm512_cvtepi32_ps(wide));
}

// Pairs first .. end - 1 of k of 16 columns, to a tile of packing_bf16s8.h.
inline void widen_pairs(const StoredColumns& of, int64_t k, int64_t first, int64_t end, uint32_t* tile) {
  const int8_t* w = of.w + 2 * first * of.step;
  uint32_t* out = tile + BF16S8_HEADER_WORDS + 16 * first;
  const int64_t whole = end <= k / 2 ? end : k / 2;
  for (int64_t i = first; i < whole; i++, w += 2 * of.step, out += 16) {
    _mm_prefetch(reinterpret_cast<const char*>(w) + WIDENED_AHEAD, _MM_HINT_T0);
    const __m512i even = _mm512_srli_epi32(bf16_above(w), 16);
    _mm512_storeu_si512(out, _mm512_or_si512(bf16_above(w + of.step), even));
  }
  if (whole < end) _mm512_storeu_si512(out, _mm512_srli_epi32(bf16_above(w), 16));
}

// All of 16 columns, biases and scales with them.
inline void widen_columns(const StoredColumns& of, int64_t k, uint32_t* tile) {
  memcpy(tile, of.bias, 64);
  memcpy(tile + 16, of.scale, 64);
  widen_pairs(of, k, 0, bf16_pairs(k), tile);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_WIDEN_BF16_AVX512_H_
