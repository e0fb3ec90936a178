// gemm of float activations and int8 weights for AVX2: rows are quantized into the panel, then multiplied as int8's.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tile_avx2.h"

namespace sinter {
namespace {

inline DynamicRange range_of(const float* a, int64_t count) {
  __m256 lows = _mm256_setzero_ps(), highs = _mm256_setzero_ps();
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 x = _mm256_loadu_ps(a + i);
    lows = _mm256_min_ps(x, lows);
    highs = _mm256_max_ps(x, highs);
  }
  alignas(32) float low[8], high[8];
  _mm256_store_ps(low, lows);
  _mm256_store_ps(high, highs);
  for (int j = 1; j < 8; j++) {
    low[0] = low[j] < low[0] ? low[j] : low[0];
    high[0] = high[j] > high[0] ? high[j] : high[0];
  }
  for (; i < count; i++) {
    low[0] = a[i] < low[0] ? a[i] : low[0];
    high[0] = a[i] > high[0] ? a[i] : high[0];
  }
  return dynamic_range(low[0], high[0]);
}

inline void quantize(const float* a, int64_t count, const DynamicRange& r, int16_t* out) {
  const __m256 scale = _mm256_set1_ps(r.scale), highest = _mm256_set1_ps(static_cast<float>(127 - r.zero_point));
  const __m128i zero_point = _mm_set1_epi16(static_cast<int16_t>(r.zero_point)), least = _mm_set1_epi16(-128);
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m256 value = _mm256_min_ps(_mm256_mul_ps(_mm256_loadu_ps(a + i), scale), highest);
    const __m256i q = _mm256_cvtps_epi32(value);
    const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), _mm_max_epi16(_mm_adds_epi16(words, zero_point), least));
  }
  for (; i < count; i++) out[i] = static_cast<int16_t>(dynamic_value(a[i], r));
}

// One tile: `columns` (1..16) floats of ROWS rows, ldc floats apart.
template <int ROWS>
inline void tile_dynamic(const int16_t* a, int64_t stride, const char* tile, int64_t pairs, float* c, int64_t ldc,
                         int columns, const DynamicRange* ranges, __m256 low, __m256 high) {
  __m256i sums[12];
  pair_sums<ROWS>(a, stride, tile + dynamic_tile_header_bytes, pairs, _mm256_setzero_si256(), _mm256_setzero_si256(),
                  sums);
  const DynamicColumns constants = dynamic_columns(tile, DYNAMIC_TILE_COLUMNS);
  for (int r = 0; r < ROWS; r++) {
    const __m256i zero_point = _mm256_set1_epi32(ranges[r].zero_point);
    const __m256 inverse = _mm256_set1_ps(ranges[r].inverse);
    alignas(32) float values[DYNAMIC_TILE_COLUMNS];
    for (int v = 0; v < 2; v++) {
      const __m256i weights = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(constants.sum + 8 * v));
      const __m256i sum = _mm256_sub_epi32(sums[2 * r + v], _mm256_mullo_epi32(weights, zero_point));
      __m256 y = _mm256_fmadd_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), inverse),
                                 _mm256_loadu_ps(constants.scale + 8 * v), _mm256_loadu_ps(constants.bias + 8 * v));
      y = _mm256_min_ps(_mm256_max_ps(y, low), high);
      if (columns == DYNAMIC_TILE_COLUMNS) {
        _mm256_storeu_ps(c + r * ldc + 8 * v, y);
      } else {
        _mm256_store_ps(values + 8 * v, y);
      }
    }
    if (columns < DYNAMIC_TILE_COLUMNS) memcpy(c + r * ldc, values, static_cast<size_t>(4 * columns));
  }
}

}  // namespace

void gemm_f32s8f32_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const __m256 low = _mm256_set1_ps(p.act_min), high = _mm256_set1_ps(p.act_max);
  const int64_t stride = avx2_panel_stride(p.k), pairs = (p.k + 1) / 2, one_tile = dynamic_tile_bytes(p.k);
  const int64_t tiles = (p.n + 15) / 16, rows_at_once = avx2_panel_rows(p.k);
  const int64_t own_bytes = dynamic_thread_bytes(p.k);
  const int threads = call->workers->threads;
  int64_t block = rows_at_once;
  if (threads > 1) {
    const int64_t fair = ((p.m + threads - 1) / threads + 5) / 6 * 6;
    if (fair < block && fair > 0) block = fair;
  }
  const int64_t blocks = (p.m + block - 1) / block;
  int64_t chunks = 1;
  if (threads > 1 && blocks < threads) {
    chunks = threads < tiles ? threads : tiles;
    while (chunks > 1 && tiles / chunks * one_tile < 16384) chunks--;
  }
  parallel_for(call->workers, blocks * chunks, [&](int64_t task, int thread) {
    const int64_t m0 = task / chunks * block, chunk = task % chunks;
    const int64_t rows = p.m - m0 < block ? p.m - m0 : block;
    char* own = static_cast<char*>(call->scratch) + thread * own_bytes;
    int16_t* panel = reinterpret_cast<int16_t*>(own);
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(own + avx2_panel_bytes(p.k));
    for (int64_t r = 0; r < rows; r++) {
      const float* row = a + (m0 + r) * p.lda;
      ranges[r] = range_of(row, p.k);
      quantize(row, p.k, ranges[r], panel + r * stride);
      if (p.k & 1) panel[r * stride + p.k] = 0;
    }
    const int64_t last = tiles * (chunk + 1) / chunks;
    for (int64_t t = tiles * chunk / chunks; t < last; t++) {
      const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        with_rows(rows - r, [&](auto constant) {
          tile_dynamic<decltype(constant)::value>(panel + r * stride, stride, packed + t * one_tile, pairs,
                                                  c + (m0 + r) * p.ldc + t * 16, p.ldc, columns, ranges + r, low, high);
        });
      }
    }
  });
}

}  // namespace sinter
