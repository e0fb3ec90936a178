// conv in float for AVX-512: gemm's tile, whose rows are windows.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_f32.h"
#include "kernels/gemm/tile_avx512_f32.h"

namespace sinter {
namespace {

template <int ROWS, int TILES>
inline void window_tile(const float* const* windows, int64_t run_count, int64_t run, const float* tile,
                        int64_t one_tile, float* c, int64_t ldc, int columns, const WideClamp& finish) {
  const __m512 bias_low = _mm512_loadu_ps(tile), bias_high = TILES > 1 ? _mm512_loadu_ps(tile + one_tile) : bias_low;
  SINTER_WIDE_ROWS(SINTER_WIDE_DECLARE)
  const float* w = tile + 16;
  for (int64_t s = 0; s < run_count; s++, windows++) {
#define SINTER_WIDE_ROW(r) const float* a##r = windows[(r < ROWS ? r : 0) * run_count];
    SINTER_WIDE_ROWS(SINTER_WIDE_ROW)
#undef SINTER_WIDE_ROW
    for (int64_t i = 0; i < run; i++, w += 16) {
      const __m512 w0 = _mm512_loadu_ps(w), w1 = TILES > 1 ? _mm512_loadu_ps(w + one_tile) : w0;
      SINTER_WIDE_ROWS(SINTER_WIDE_STEP)
      (void)w1;
    }
  }
  SINTER_WIDE_ROWS(SINTER_WIDE_STORE)
}

struct Tile {
  enum { ROWS = 7, TILES = 2 };
  WideClamp clamp;

  int64_t next_rows(int64_t left) const {
    return left <= 7 ? left : left < 14 ? (left + 1) / 2 : 7;  // a tile of one row waits for its sums
  }
  void multiply(int64_t rows, const float* const* windows, int64_t run_count, int64_t run, const float* tile,
                int64_t one_tile, float* c, int64_t ldc, int columns) const {
    with_wide_size(rows, columns, [&](auto size) {
      window_tile<decltype(size)::rows, decltype(size)::tiles>(windows, run_count, run, tile, one_tile, c, ldc, columns,
                                                               clamp);
    });
  }
};

}  // namespace

void conv_f32_avx512(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  conv_f32(call, Tile{{p.act_min, p.act_max}});
}

}  // namespace sinter
