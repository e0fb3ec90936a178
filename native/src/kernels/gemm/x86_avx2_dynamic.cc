// gemm of float activations and int8 weights for AVX2: rows are quantized into the panel, then multiplied as int8's.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/dynamic_avx2.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
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
  const int64_t block = fair_rows(p.m, rows_at_once, 6, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row, rows = part.rows;
    char* own = static_cast<char*>(call->scratch) + thread * own_bytes;
    int16_t* panel = reinterpret_cast<int16_t*>(own);
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(own + avx2_panel_bytes(p.k));
    dynamic_rows<DynamicAvx2>(a + m0 * p.lda, p.lda, rows, p.k, p.dynamic, panel, stride, 2 * pairs, ranges);
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        with_rows(rows - r, [&](auto constant) {
          tile_dynamic<decltype(constant)::value>(
              panel + r * stride, stride, packed + t * one_tile, pairs, c + (m0 + r) * p.ldc + t * 16, p.ldc, columns,
              [&](int i) -> const DynamicRange& { return ranges[r + i]; }, low, high);
        });
      }
    }
  });
}

}  // namespace sinter
