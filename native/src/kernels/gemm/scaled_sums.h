// Products in bfloat16 by int8 weights (numerics bf16s8) that are computed in float, where there are no instructions
// for bfloat16: rounded activations, weights as floats without their scales, and what becomes of sums. Internal
// linkage: ISA files include it. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_SCALED_SUMS_H_
#define SINTER_KERNELS_GEMM_SCALED_SUMS_H_

#include <stdint.h>
#include <string.h>

#include "kernels/gemm/bf16.h"
#include "kernels/gemm/strip_f32.h"
#if defined(__AVX2__)
#include "kernels/gemm/round_bf16_avx2.h"
#endif

namespace sinter {
namespace {

inline void fill_rounded(const float* x, int64_t count, float* out) {
  int64_t i = 0;
#if defined(__AVX2__)
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(out + i, _mm256_castsi256_ps(round_to_bf16(_mm256_loadu_ps(x + i))));
#endif
  for (; i < count; i++) out[i] = bf16_rounded(x[i]);
}

// 16 columns of weights, `step` bytes from one k to the next, as a tile of packing_f32.h with biases of 0.
inline void widen_unscaled(const int8_t* w, int64_t step, int64_t k, float* tile) {
  memset(tile, 0, 64);
  for (int64_t i = 0; i < k; i++, w += step) {
    tile += 16;
#if defined(__AVX2__)
    for (int v = 0; v < 2; v++) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(w + 8 * v));
      _mm256_storeu_ps(tile + 8 * v, _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)));
    }
#else
    for (int j = 0; j < 16; j++) tile[j] = static_cast<float>(w[j]);
#endif
  }
}

struct ScaleAndBias {
  const float *bias, *scale;
};

// C = bound(C * scale + bias), both steps rounded, of at most 16 columns.
inline void scale_sums(const ScaleAndBias& of, int64_t rows, const FloatResults& results, int columns) {
  float* c = results.c;
  for (int64_t r = 0; r < rows; r++, c += results.ldc) {
    for (int j = 0; j < columns; j++) {
      float y = c[j] * of.scale[j];
      y += of.bias[j];
      y = y < results.low ? results.low : y;  // NaN stays
      c[j] = y > results.high ? results.high : y;
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_SCALED_SUMS_H_
