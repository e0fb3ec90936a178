// gemm in float for AVX-512: two of the packed tiles of 16 columns at a time, so that it shares AVX2's packing.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_f32.h"
#include "kernels/gemm/tile_avx512_f32.h"

namespace sinter {
namespace {

struct Tile {
  enum { ROWS = 7, TILES = 2 };
  WideClamp clamp;

  // What is left after whole tiles is shared out: a tile of one row waits for its own sums.
  int64_t next_rows(int64_t left) const {
    return left <= 7 ? left : left < 14 ? (left + 1) / 2 : 7;
  }
  void multiply(int64_t rows, const float* a, int64_t lda, const float* tile, int64_t one_tile, int64_t k, float* c,
                int64_t ldc, int columns, const float* ahead) const {
    with_wide_size(rows, columns, [&](auto size) {
      wide_tile<decltype(size)::rows, decltype(size)::tiles, (decltype(size)::rows > 3)>(
          a, lda, tile, tile + one_tile, tile + 16, one_tile, 16, k, c, ldc, columns, clamp, ahead);
    });
  }
};

}  // namespace

void gemm_f32_avx512(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  gemm_f32(call, Tile{{p.act_min, p.act_max}});
}

}  // namespace sinter
