// gemm of floats by weights of int8, int4 or half precision for AVX2: 16 columns' weights are widened into a panel of
// floats, once for all rows of a block. In bfloat16 (numerics bf16s8) rows are rounded first, and sums are scaled last.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/digits_avx2.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_f32.h"
#include "kernels/gemm/packing_weight_only.h"
#include "kernels/gemm/round_bf16_avx2.h"
#include "kernels/gemm/scaled_sums.h"
#include "kernels/gemm/strip_f32.h"

namespace sinter {
namespace {

inline __m256 widen_one(const int8_t* w) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(w))));
}
inline __m256 widen_one(const uint16_t* w) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
}

// Int8 (T int8_t) or half precision (uint16_t), a row of 64 after the other.
template <class T>
struct RowsForm {
  int64_t k;

  int64_t tile_bytes(int64_t width) const {
    return weight_only_tile_bytes(width, k, sizeof(T));
  }
  void widen(const char* tile, int64_t width, int64_t first, float* panel) const {
    memcpy(panel, tile + 4 * first, 64);
    for (int v = 0; v < 2; v++) {
      const int64_t j = first + 8 * v;
      const __m256 scale = _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 4 * (width + j)));
      const T* w = reinterpret_cast<const T*>(tile + weight_only_header_bytes(width)) + j;
      float* out = panel + 16 + 8 * v;
      for (int64_t i = 0; i < k; i++, w += width, out += 16) {
        _mm256_storeu_ps(out, _mm256_mul_ps(widen_one(w), scale));
      }
    }
  }
};

struct NibblesForm {
  int64_t k, block;

  int64_t tile_bytes(int64_t width) const {
    return s4_tile_bytes(width, k, block);
  }
  void widen(const char* tile, int64_t width, int64_t first, float* panel) const {
    const int64_t span = block > 0 ? block : s4_round_up(k, 8), blocks = block > 0 ? k / block : 1;
    memcpy(panel, tile + 8 * width + 4 * first, 64);
    for (int v = 0; v < 2; v++) {
      const int64_t j = first + 8 * v;
      const char* w = tile + s4_header_bytes(width);
      for (int64_t b = 0; b < blocks; b++) {
        const __m256 scale = block > 0 ? widen_one(reinterpret_cast<const uint16_t*>(w) + j)
                                       : _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 4 * width) + j);
        if (block > 0) w += 2 * width;
        for (int64_t i = b * span; i < (b + 1) * span; i += 8, w += 4 * width) {
          const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + 4 * j));
          for (int nibble = 0; nibble < 8; nibble++) {
            const int64_t at = i + nibble % 2 * 4 + nibble / 2;
            if (at >= k) continue;
            // To the top of the word, and back with the sign.
            const __m256i top = _mm256_sll_epi32(words, _mm_cvtsi32_si128(28 - 4 * nibble));
            const __m256 value = _mm256_cvtepi32_ps(_mm256_srai_epi32(top, 28));
            _mm256_storeu_ps(panel + 16 * (at + 1) + 8 * v, _mm256_mul_ps(value, scale));
          }
        }
      }
    }
  }
};

// few(part, own): results of a part's rows by other means, in a thread's scratch; false: none.
template <class Form, class Few>
inline void run(const Call* call, const Form& form, int64_t own_bytes, const Few& few) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t n = p.n, one_panel = f32_tile_floats(16, p.k);
  const int64_t one_tile = form.tile_bytes(WEIGHT_ONLY_COLUMNS);
  const ProductTasks tasks = weight_only_tasks(p.m, n, p.k, one_tile, 6, call->workers->threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    char* own = static_cast<char*>(call->scratch) + thread * own_bytes;
    if (few(part, own)) return;
    float* panel = reinterpret_cast<float*>(own);
    const FloatRows rows = {a + part.first_row * p.lda, part.rows, p.lda, 1, 0, p.k};
    const int64_t all = part.end_tile * WEIGHT_ONLY_COLUMNS, end = all < n ? all : n;
    for (int64_t n0 = part.first_tile * WEIGHT_ONLY_COLUMNS; n0 < end; n0 += 16) {
      const int64_t tile = n0 / WEIGHT_ONLY_COLUMNS, first = n0 % WEIGHT_ONLY_COLUMNS;
      form.widen(packed + tile * one_tile, s4_tile_width(n, n0 - first), first, panel);
      multiply_strip_f32_avx2(rows, {panel + 16, 16, one_panel, panel, one_panel, nullptr},
                              {c + part.first_row * p.ldc + n0, p.ldc, p.act_min, p.act_max},
                              static_cast<int>(n - n0 < 16 ? n - n0 : 16));
    }
  });
}

template <class Form>
inline void run(const Call* call, const Form& form) {
  run(call, form, weight_only_panel_bytes(static_cast<const GemmParams*>(call->params)->k),
      [](const ProductTask&, char*) { return false; });
}

}  // namespace

void gemm_weight_only_s8_avx2(const Call* call) {
  run<RowsForm<int8_t>>(call, {static_cast<const GemmParams*>(call->params)->k});
}
void gemm_weight_only_bf16_s8_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t n = p.n, k = p.k, one_tile = weight_only_tile_bytes(WEIGHT_ONLY_COLUMNS, k, 1);
  const ProductTasks tasks = weight_only_tasks(p.m, n, k, one_tile, 6, call->workers->threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    char* own = static_cast<char*>(call->scratch) + thread * weight_only_rounded_bytes(k);
    float* panel = reinterpret_cast<float*>(own);
    float* rounded = reinterpret_cast<float*>(own + weight_only_panel_bytes(k));
    for (int64_t r = 0; r < part.rows; r++) fill_rounded(a + (part.first_row + r) * p.lda, k, rounded + r * k);
    const FloatRows rows = {rounded, part.rows, k, 1, 0, k};
    const int64_t all = part.end_tile * WEIGHT_ONLY_COLUMNS, end = all < n ? all : n;
    for (int64_t n0 = part.first_tile * WEIGHT_ONLY_COLUMNS; n0 < end; n0 += 16) {
      const int64_t first = n0 % WEIGHT_ONLY_COLUMNS, width = s4_tile_width(n, n0 - first);
      const char* tile = packed + n0 / WEIGHT_ONLY_COLUMNS * one_tile;
      widen_unscaled(reinterpret_cast<const int8_t*>(tile + weight_only_header_bytes(width)) + first, width, k, panel);
      float* out = c + part.first_row * p.ldc + n0;
      const int columns = static_cast<int>(n - n0 < 16 ? n - n0 : 16);
      multiply_strip_f32_avx2(rows, {panel + 16, 16, 0, panel, 0, nullptr}, {out, p.ldc, -INFINITY, INFINITY}, columns);
      const float* bias = reinterpret_cast<const float*>(tile + 4 * first);
      scale_sums({bias, bias + width}, part.rows, {out, p.ldc, p.act_min, p.act_max}, columns);
    }
  });
}
void gemm_f32f16f32_avx2(const Call* call) {
  run<RowsForm<uint16_t>>(call, {static_cast<const GemmParams*>(call->params)->k});
}
// Few rows meet weights as digits (digits.h), where they can.
void gemm_weight_only_s4_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  run(call, NibblesForm{p.k, p.block}, weight_only_s4_avx2_bytes(p), [&](const ProductTask& part, char* own) {
    return few_rows_by_digits(p, a, part.first_row, part.rows, packed, part.first_tile, part.end_tile, c, own);
  });
}

}  // namespace sinter
