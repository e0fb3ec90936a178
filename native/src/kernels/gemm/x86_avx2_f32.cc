// gemm in float for AVX2: rows of A are read where they are.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_f32.h"
#include "kernels/gemm/tile_avx2_f32.h"

namespace sinter {

void gemm_f32_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const float* packed = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const Clamp clamp = {_mm256_set1_ps(p.act_min), _mm256_set1_ps(p.act_max)};
  const int64_t tiles = (p.n + 15) / 16, one_tile = f32_tile_floats(16, p.k);
  // Blocks of rows that stay in L1 while all tiles pass over them.
  int64_t block = 16384 / (4 * int64_t{p.k}) / 6 * 6;
  block = block < 6 ? 6 : block > 96 ? 96 : block;
  const int threads = call->workers->threads;
  if (threads > 1) {
    const int64_t fair = ((p.m + threads - 1) / threads + 5) / 6 * 6;
    if (fair < block && fair > 0) block = fair;
  }
  const int64_t blocks = (p.m + block - 1) / block;
  int64_t chunks = 1;
  if (threads > 1 && blocks < threads) {
    chunks = threads < tiles ? threads : tiles;
    while (chunks > 1 && tiles / chunks * one_tile < 8192) chunks--;
  }
  parallel_for(call->workers, blocks * chunks, [&](int64_t task, int) {
    const int64_t m0 = task / chunks * block, chunk = task % chunks;
    const int64_t rows = p.m - m0 < block ? p.m - m0 : block;
    const int64_t last = tiles * (chunk + 1) / chunks;
    for (int64_t t = tiles * chunk / chunks; t < last; t++) {
      const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        with_row_count(rows - r, [&](auto count) {
          tile_f32<decltype(count)::value>(a + (m0 + r) * p.lda, p.lda, packed + t * one_tile,
                                           packed + t * one_tile + 16, 16, p.k, c + (m0 + r) * p.ldc + t * 16, p.ldc,
                                           columns, clamp);
        });
      }
    }
  });
}

}  // namespace sinter
