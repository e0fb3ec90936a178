// batch_matmul in float for AVX-512, with gemm's micro-kernel.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_matmul/drive_f32.h"
#include "kernels/gemm/tile_avx512_f32.h"

namespace sinter {
namespace {

struct Tile {
  enum { TILES = 2 };

  int64_t next_rows(int64_t left) const {
    return left <= 7 ? left : left < 14 ? (left + 1) / 2 : 7;  // a tile of one row waits for its sums
  }
  void multiply(int64_t rows, const float* a, int64_t lda, const float* w, int64_t gap, int64_t w_step, int64_t k,
                float* c, int64_t ldc, int columns) const {
    with_wide_size(rows, columns, [&](auto size) {
      wide_tile<decltype(size)::rows, decltype(size)::tiles>(a, lda, no_bias, no_bias, w, gap, w_step, k, c, ldc,
                                                             columns, WidePlain());
    });
  }
};

}  // namespace

void batch_matmul_f32_avx512(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  batch_matmul_f32(call, cut_avx512_f32(p, call->workers->threads), Tile());
}

}  // namespace sinter
