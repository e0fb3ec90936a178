// gemm of float activations and int4 weights for AVX2: rows are quantized to int16 in a panel, 16 columns' weights
// taken apart to int16 once for all of its rows. SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/dynamic_avx2.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/s4_scratch.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

// 8 k of 16 columns, `groups` times: pairs of k of 16 columns side by side.
inline void unpack_pairs(const char* w, int64_t step, int64_t groups, int16_t* out) {
  const __m256i high_bits = _mm256_set1_epi8(static_cast<char>(0xf0));
  // A byte to the upper half of its word: an arithmetic shift by 12 then leaves the weight.
  const __m256i first = _mm256_setr_epi8(-1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13, -1, 0, -1, 1, -1, 4,
                                         -1, 5, -1, 8, -1, 9, -1, 12, -1, 13);
  const __m256i second = _mm256_setr_epi8(-1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15, -1, 2, -1, 3, -1,
                                          6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15);
  for (int64_t g = 0; g < groups; g++, w += step, out += 128) {
    for (int half = 0; half < 2; half++) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w + 32 * half));
      const __m256i lower = _mm256_and_si256(_mm256_slli_epi16(bytes, 4), high_bits);
      const __m256i upper = _mm256_and_si256(bytes, high_bits);
      __m256i* at = reinterpret_cast<__m256i*>(out + 16 * half);
      _mm256_storeu_si256(at, _mm256_srai_epi16(_mm256_shuffle_epi8(lower, first), 12));
      _mm256_storeu_si256(at + 2, _mm256_srai_epi16(_mm256_shuffle_epi8(lower, second), 12));
      _mm256_storeu_si256(at + 4, _mm256_srai_epi16(_mm256_shuffle_epi8(upper, first), 12));
      _mm256_storeu_si256(at + 6, _mm256_srai_epi16(_mm256_shuffle_epi8(upper, second), 12));
    }
  }
}

struct Columns {
  const int16_t* weights;
  const float* scale;  // by column; with blocks null
  const char* halves;  // of the first block
  int64_t halves_step, block, blocks;
  const float* bias;
};

// Results of ROWS rows; y(r)[0..1] are those of 16 columns.
template <int ROWS>
inline void results(const int16_t* a, int64_t stride, const Columns& w, const DynamicRange* ranges, __m256 (*y)[2]) {
  __m256i sums[12];
  if (w.scale) {
    pair_sums<ROWS>(pair_rows(a, stride, stride / 2), w.weights, sums);
    for (int r = 0; r < ROWS; r++) {
      for (int v = 0; v < 2; v++) {
        y[r][v] = dynamic_results(sums[2 * r + v], ranges[r], _mm256_loadu_ps(w.scale + 8 * v),
                                  _mm256_loadu_ps(w.bias + 8 * v));
      }
    }
    return;
  }
  for (int r = 0; r < ROWS; r++) y[r][0] = y[r][1] = _mm256_setzero_ps();
  for (int64_t b = 0; b < w.blocks; b++) {
    pair_sums<ROWS>(pair_rows(a + b * w.block, stride, w.block / 2), w.weights + b * w.block * 16, sums);
    const char* halves = w.halves + b * w.halves_step;
    for (int v = 0; v < 2; v++) {
      const __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves + 16 * v)));
      for (int r = 0; r < ROWS; r++) y[r][v] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[2 * r + v]), scale, y[r][v]);
    }
  }
  for (int r = 0; r < ROWS; r++) {
    for (int v = 0; v < 2; v++) {
      y[r][v] =
          _mm256_add_ps(_mm256_mul_ps(y[r][v], _mm256_set1_ps(ranges[r].inverse)), _mm256_loadu_ps(w.bias + 8 * v));
    }
  }
}

}  // namespace

void gemm_f32s4f32_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const __m256 low = _mm256_set1_ps(p.act_min), high = _mm256_set1_ps(p.act_max);
  const int64_t n = p.n, k = p.k, stride = s4_round_up(k, 8), own_bytes = s4_avx2_thread_bytes(k);
  const int64_t one_tile = s4_tile_bytes(S4_TILE_COLUMNS, k, p.block), parts = (n + 15) / 16;
  const int threads = call->workers->threads;
  const int64_t block = tile_high_rows(p.m, avx2_panel_rows(stride), 6, 6, threads);
  const ProductTasks tasks = product_tasks(p.m, block, parts, 8 * stride, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask cut = tasks.at(task);
    const int64_t m0 = cut.first_row, rows = cut.rows;
    char* own = static_cast<char*>(call->scratch) + thread * own_bytes;
    int16_t* panel = reinterpret_cast<int16_t*>(own);
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(own + avx2_panel_bytes(stride));
    int16_t* weights = reinterpret_cast<int16_t*>(own + s4_avx2_weights_offset(k));
    dynamic_rows<DynamicAvx2>(a + m0 * p.lda, p.lda, rows, k, p.dynamic, panel, stride, stride, ranges);
    for (int64_t part = cut.first_tile; part < cut.end_tile; part++) {
      const int64_t n0 = part * 16, tile_n0 = n0 / S4_TILE_COLUMNS * S4_TILE_COLUMNS, j = n0 - tile_n0;
      const int64_t width = s4_tile_width(n, tile_n0), count = n - n0 < 16 ? n - n0 : 16;
      const char* tile = packed + tile_n0 / S4_TILE_COLUMNS * one_tile;
      const char* groups = tile + s4_header_bytes(width);
      const int64_t block_step = 2 * width + p.block / 2 * width;
      Columns w = {weights,
                   nullptr,
                   groups + 2 * j,
                   block_step,
                   p.block,
                   s4_block_count(k, p.block),
                   reinterpret_cast<const float*>(tile + 8 * width) + j};
      if (p.block == 0) {
        w.scale = reinterpret_cast<const float*>(tile + 4 * width) + j;
        unpack_pairs(groups + 4 * j, 4 * width, stride / 8, weights);
      }
      for (int64_t b = 0; b < w.blocks; b++) {
        unpack_pairs(groups + b * block_step + 2 * width + 4 * j, 4 * width, p.block / 8, weights + b * p.block * 16);
      }
      for (int64_t r = 0; r < rows; r += 6) {
        with_rows(rows - r, [&](auto constant) {
          constexpr int R = decltype(constant)::value;
          __m256 y[R][2];
          results<R>(panel + r * stride, stride, w, ranges + r, y);
          for (int i = 0; i < R; i++) {
            alignas(32) float values[16];
            for (int v = 0; v < 2; v++) {  // keeps what is not a number
              _mm256_store_ps(values + 8 * v, _mm256_min_ps(high, _mm256_max_ps(low, y[i][v])));
            }
            memcpy(c + (m0 + r + i) * p.ldc + n0, values, static_cast<size_t>(4 * count));
          }
        });
      }
    }
  });
}

}  // namespace sinter
