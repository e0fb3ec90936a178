// conv in float for AVX2: gemm's tile, whose rows are windows: runs of floats, read where they are but for the image's
// border.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_f32.h"
#include "kernels/gemm/tile_avx2_f32.h"

namespace sinter {
namespace {

template <int ROWS>
inline void window_tile(const float* const* windows, int64_t run_count, int64_t run, const float* tile, float* c,
                        int64_t ldc, int columns, const Clamp& finish) {
  const __m256 bias_low = _mm256_loadu_ps(tile), bias_high = _mm256_loadu_ps(tile + 8);
  SINTER_F32_ROWS(SINTER_F32_DECLARE)
  const float* w = tile + 16;
  for (int64_t s = 0; s < run_count; s++, windows++) {
#define SINTER_F32_ROW(r) const float* a##r = windows[(r < ROWS ? r : 0) * run_count];
    SINTER_F32_ROWS(SINTER_F32_ROW)
#undef SINTER_F32_ROW
    for (int64_t i = 0; i < run; i++, w += 16) {
      const __m256 w0 = _mm256_loadu_ps(w), w1 = _mm256_loadu_ps(w + 8);
      SINTER_F32_ROWS(SINTER_F32_STEP)
    }
  }
  SINTER_F32_ROWS(SINTER_F32_STORE)
}

struct Tile {
  enum { ROWS = 6, TILES = 1 };
  Clamp clamp;

  int64_t next_rows(int64_t left) const {
    return next_row_count(left);
  }
  void multiply(int64_t rows, const float* const* windows, int64_t run_count, int64_t run, const float* tile, int64_t,
                float* c, int64_t ldc, int columns) const {
    with_row_count(rows, [&](auto count) {
      window_tile<decltype(count)::value>(windows, run_count, run, tile, c, ldc, columns, clamp);
    });
  }
};

}  // namespace

void conv_f32_avx2(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  conv_f32(call, Tile{{_mm256_set1_ps(p.act_min), _mm256_set1_ps(p.act_max)}});
}

}  // namespace sinter
