// conv of floats by weights as they are stored: drive_f32.h, with a strip of columns widened for all rows of a block
// that meet it; in bfloat16 (numerics bf16s8) where that has no instructions. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_WEIGHT_ONLY_H_
#define SINTER_KERNELS_CONV_DRIVE_WEIGHT_ONLY_H_

#include <math.h>

#include "kernels/conv/bf16s8.h"
#include "kernels/conv/drive_f32.h"
#include "kernels/gemm/scaled_sums.h"
#if defined(__AVX2__)
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif
#else
#include "kernels/gemm/half.h"
#endif

namespace sinter {
namespace {

#if defined(__AVX2__)

// The v-th eight of 16 weights as floats.
template <StoredWeights16 STORED>
inline __attribute__((always_inline)) __m256 widened(const char* w, int v) {
  if constexpr (STORED == STORED_F16) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w) + v));
  } else if constexpr (STORED == STORED_S8) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(w + 8 * v))));
  } else {
    // To the top of a word, and back with the sign.
    const __m256i words = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(w)));
    return _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(words, v ? 24 : 28), 28));
  }
}

// A tile to a tile of packing_f32.h.
template <StoredWeights16 STORED>
inline void widen_tile(const char* tile, int64_t k, float* to) {
  memcpy(to, tile, 64);
  const __m256 scale0 = _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 64));
  const __m256 scale1 = _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 96));
  const char* w = tile + STORED_HEADER_BYTES;
  for (int64_t i = 0; i < k; i++, w += STORED) {
    to += 16;
    const __m256 first = widened<STORED>(w, 0), second = widened<STORED>(w, 1);
    _mm256_storeu_ps(to, STORED == STORED_F16 ? first : _mm256_mul_ps(first, scale0));
    _mm256_storeu_ps(to + 8, STORED == STORED_F16 ? second : _mm256_mul_ps(second, scale1));
  }
}

#else

template <StoredWeights16 STORED>
inline void widen_tile(const char* tile, int64_t k, float* to) {
  memcpy(to, tile, 64);
  float scale[16];
  memcpy(scale, tile + 64, sizeof scale);
  const char* w = tile + STORED_HEADER_BYTES;
  for (int64_t i = 0; i < k; i++, w += STORED) {
    to += 16;
    for (int j = 0; j < 16; j++) {
      if constexpr (STORED == STORED_F16) {
        to[j] = half_at(w, j);
      } else if constexpr (STORED == STORED_S8) {
        to[j] = static_cast<float>(static_cast<signed char>(w[j])) * scale[j];
      } else {
        const int bits = static_cast<unsigned char>(w[j % 8]) >> j / 8 * 4 & 15;
        to[j] = static_cast<float>((bits ^ 8) - 8) * scale[j];
      }
    }
  }
}

#endif

// A Kernel of drive_f32.h whose strips of weights are numbers: a packed tile counts as one float. ROUNDED: activations
// are rounded to bfloat16 as they are copied, and the weights' scales meet sums.
template <StoredWeights16 STORED, bool ROUNDED = false>
struct ConvWidened : ConvF32 {
  enum { AS_THEY_ARE = !ROUNDED };
  const char* packed;
  int64_t k, bytes;
  WidenedStrip* strip = nullptr;  // of the thread

  ConvWidened(const StripKernelF32& kernel, const Call* call)
      : ConvF32{kernel}, packed(static_cast<const char*>(call->slots[CONV_WEIGHTS])) {
    const ConvParams& p = *static_cast<const ConvParams*>(call->params);
    k = conv_k(p);
    bytes = widened_bytes(p);
  }
  static void copy(const float* from, int64_t count, float* to) {
    if constexpr (ROUNDED) {
      fill_rounded(from, count, to);
    } else {
      ConvF32::copy(from, count, to);
    }
  }
  int64_t thread_bytes() const {
    return bytes;
  }
  ConvWidened of_thread(char* at) const {
    ConvWidened own = *this;
    own.strip = reinterpret_cast<WidenedStrip*>(at);
    own.strip->first = -1;
    return own;
  }
  void multiply(const FloatRows& rows, const FloatWeights& weights, const FloatResults& results, int columns) const {
    const int64_t first = weights.bias - reinterpret_cast<const float*>(packed), step = widened_tile_floats(k);
    float* panel = reinterpret_cast<float*>(reinterpret_cast<char*>(strip) + 64);
    if (strip->first != first || strip->columns != columns) {
      for (int64_t t = 0; t < stored_tiles(columns); t++) {
        const char* tile = packed + (first + t) * stored_tile_bytes(k, STORED);
        if constexpr (ROUNDED) {
          widen_unscaled(reinterpret_cast<const int8_t*>(tile + STORED_HEADER_BYTES), 16, k, panel + t * step);
        } else {
          widen_tile<STORED>(tile, k, panel + t * step);
        }
      }
      *strip = {first, columns};
    }
    const FloatWeights widened = {panel + 16, 16, step, panel, step, nullptr};
    if constexpr (ROUNDED) {
      of.multiply(rows, widened, {results.c, results.ldc, -INFINITY, INFINITY}, columns);
      for (int64_t t = 0; t < stored_tiles(columns); t++) {
        const float* bias = reinterpret_cast<const float*>(packed + (first + t) * stored_tile_bytes(k, STORED));
        const int left = columns - 16 * static_cast<int>(t);
        scale_sums({bias, bias + 16}, rows.rows, {results.c + 16 * t, results.ldc, results.low, results.high},
                   left < 16 ? left : 16);
      }
    } else {
      of.multiply(rows, widened, results, columns);
    }
  }
};

template <StoredWeights16 STORED, bool ROUNDED = false>
inline void conv_weight_only(const Call* call, const StripKernelF32& kernel) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  conv_strips(call, ConvWidened<STORED, ROUNDED>(kernel, call), 1, stored_tiles(p.out_c / p.groups),
              WIDENED_IMAGE_BYTES);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_WEIGHT_ONLY_H_
