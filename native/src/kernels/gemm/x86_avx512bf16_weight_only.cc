// gemm by int8 weights with activations rounded to bfloat16, for AVX-512 with vdpbf16ps: int8 is exact as bfloat16.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_bf16.h"
#include "kernels/gemm/round_bf16_avx512.h"
#include "kernels/gemm/strip_f32.h"
#include "kernels/gemm/widen_avx512.h"

namespace sinter {
namespace {

typedef RowsForm<int8_t, true> Form;

// Pairs of k of 16 columns: the even k in the lower half.
SINTER_ONE_INSTRUCTION __m512i widen_pair(const int8_t* even, const int8_t* odd) {
  const __m512i low = _mm512_srli_epi32(_mm512_castps_si512(widen_one(even)), 16);
  return _mm512_or_si512(_mm512_castps_si512(widen_one(odd)), low);
}

// A tile's weights as tiles of 16 columns of packing_bf16.h, each read once and in their order. Biases are 0 there: the
// real ones come behind the scales.
inline void widen_tile(const char* tile, int64_t width, int64_t k, uint32_t* panel) {
  const int64_t pairs = bf16_pairs(k), one_tile = 16 * (1 + pairs);
  const int8_t* w = reinterpret_cast<const int8_t*>(tile + weight_only_header_bytes(width));
  for (int64_t v = 0; v < width / 16; v++) _mm512_storeu_si512(panel + v * one_tile, _mm512_setzero_si512());
  uint32_t* out = panel + 16;
  for (int64_t i = 0; i + 2 <= k; i += 2, w += 2 * width, out += 16) {
    _mm_prefetch(reinterpret_cast<const char*>(w) + WEIGHT_ONLY_AHEAD, _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(w + width) + WEIGHT_ONLY_AHEAD, _MM_HINT_T0);
    for (int64_t v = 0; v < width / 16; v++) {
      _mm512_storeu_si512(out + v * one_tile, widen_pair(w + 16 * v, w + width + 16 * v));
    }
  }
  for (int64_t v = 0; k % 2 && v < width / 16; v++) {
    const __m512i last = _mm512_srli_epi32(_mm512_castps_si512(widen_one(w + 16 * v)), 16);
    _mm512_storeu_si512(out + v * one_tile, last);
  }
}

// C = clamp(C * scale + bias), both steps rounded.
inline void finish(int64_t rows, const char* tile, int64_t width, float* c, int64_t ldc, int columns,
                   const WideClamp& clamp) {
  for (int v = 0; 16 * v < columns; v++) {
    const int left = columns - 16 * v;
    const __mmask16 mask = static_cast<__mmask16>(left >= 16 ? 0xffff : (1u << left) - 1);
    const __m512 bias = _mm512_loadu_ps(tile + 64 * v), scale = _mm512_loadu_ps(tile + 4 * width + 64 * v);
    for (int64_t r = 0; r < rows; r++) {
      float* at = c + r * ldc + 16 * v;
      const __m512 y = _mm512_add_ps(_mm512_mul_ps(_mm512_maskz_loadu_ps(mask, at), scale), bias);
      _mm512_mask_storeu_ps(at, mask, clamp(y));
    }
  }
}

// A panel's sums with rows of a block, to C.
inline void multiply(int64_t rows, const uint16_t* a, int64_t k, const uint32_t* panel, float* c, int64_t ldc,
                     int columns) {
  const int64_t width = 2 * bf16_pairs(k), one_tile = bf16_tile_words(k);
  const FloatWeights weights = packed_strip_f32(reinterpret_cast<const float*>(panel), one_tile, 0, 0, false);
  const FloatResults results = {c, ldc, -INFINITY, INFINITY};
  multiply_strip_bf16_avx512({a, rows, width, 1, 0, width}, weights, results, columns);
}

}  // namespace

void gemm_weight_only_bf16_s8_avx512bf16(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int64_t k = p.k, stride = 2 * bf16_pairs(k);
  const Form form = {k};
  const StoredProduct of(call, form.tile_bytes(WEIGHT_ONLY_COLUMNS), 7);
  const bool direct = p.m <= WEIGHT_ONLY_DIRECT_ROWS;
  parallel_for(call->workers, of.tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = of.tasks.at(task);
    char* own = static_cast<char*>(call->scratch) + thread * weight_only_bf16_thread_bytes(k);
    uint32_t* panel = reinterpret_cast<uint32_t*>(own);
    char* rounded = own + weight_only_bf16_panel_bytes(k);
    float* few = reinterpret_cast<float*>(rounded);
    uint16_t* many = reinterpret_cast<uint16_t*>(rounded);
    for (int64_t r = 0; r < part.rows; r++) {
      const float* x = of.a + (part.first_row + r) * p.lda;
      if (direct) {
        for (int64_t i = 0; i < k; i++) few[r * k + i] = bf16_rounded(x[i]);
      } else {
        fill_panel(x, k, many + r * stride);
        if (k % 2) many[r * stride + k] = 0;
      }
    }
    of.each_tile(part, part.first_row, [&](const char* tile, int64_t width, float* out, int columns) {
      if (direct) {
        widened_tile(form, part.rows, few, k, tile, width, out, p.ldc, columns, of.clamp);
      } else {
        widen_tile(tile, width, k, panel);
        multiply(part.rows, many, k, panel, out, p.ldc, columns);
        finish(part.rows, tile, width, out, p.ldc, columns, of.clamp);
      }
    });
  });
}

}  // namespace sinter
