// gemm in float for AVX2: rows of A are read where they are.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_f32.h"
#include "kernels/gemm/tile_avx2_f32.h"

namespace sinter {
namespace {

struct Tile {
  enum { ROWS = 6, TILES = 1 };
  Clamp clamp;

  int64_t next_rows(int64_t left) const {
    return next_row_count(left);
  }
  void multiply(int64_t rows, const float* a, int64_t lda, const float* tile, int64_t, int64_t k, float* c, int64_t ldc,
                int columns, const float*) const {
    with_row_count(rows, [&](auto count) {
      tile_f32<decltype(count)::value>(a, lda, tile, tile + 16, 16, k, c, ldc, columns, clamp);
    });
  }
};

// One row: four tiles side by side, so that no sum waits for itself.
struct OneRow {
  enum { ROWS = 1, TILES = 4 };
  Clamp clamp;

  int64_t next_rows(int64_t) const {
    return 1;
  }
  void multiply(int64_t, const float* a, int64_t lda, const float* tile, int64_t one_tile, int64_t k, float* c,
                int64_t ldc, int columns, const float*) const {
    if (columns == 64) {
      four_tiles(a, tile, one_tile, k, c);
      return;
    }
    for (int n = 0; n < columns; n += 16, tile += one_tile) {
      tile_f32<1>(a, lda, tile, tile + 16, 16, k, c + n, ldc, columns - n < 16 ? columns - n : 16, clamp);
    }
  }
  void four_tiles(const float* a, const float* tile, int64_t one_tile, int64_t k, float* c) const {
#define SINTER_TILES(X) X(0) X(1) X(2) X(3)
#define SINTER_DECLARE(t)                  \
  const float* w##t = tile + t * one_tile; \
  __m256 low##t = _mm256_loadu_ps(w##t);   \
  __m256 high##t = _mm256_loadu_ps(w##t + 8);
    SINTER_TILES(SINTER_DECLARE)
#undef SINTER_DECLARE
    for (int64_t i = 0, at = 16; i < k; i++, at += 16) {
      const __m256 x = _mm256_broadcast_ss(a + i);
#define SINTER_STEP(t)                                             \
  low##t = _mm256_fmadd_ps(x, _mm256_loadu_ps(w##t + at), low##t); \
  high##t = _mm256_fmadd_ps(x, _mm256_loadu_ps(w##t + at + 8), high##t);
      SINTER_TILES(SINTER_STEP)
#undef SINTER_STEP
    }
#define SINTER_STORE(t) store_columns(c + 16 * t, clamp(low##t), clamp(high##t), 16);
    SINTER_TILES(SINTER_STORE)
#undef SINTER_STORE
#undef SINTER_TILES
  }
};

}  // namespace

void gemm_f32_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const Clamp clamp = {_mm256_set1_ps(p.act_min), _mm256_set1_ps(p.act_max)};
  if (p.m == 1) {
    gemm_f32(call, OneRow{clamp});
  } else {
    gemm_f32(call, Tile{clamp});
  }
}

}  // namespace sinter
