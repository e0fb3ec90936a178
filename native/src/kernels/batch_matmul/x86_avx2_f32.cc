// batch_matmul in float for AVX2, with gemm's micro-kernel.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_matmul/drive_f32.h"
#include "kernels/gemm/tile_avx2_f32.h"

namespace sinter {
namespace {

struct Tile {
  enum { TILES = 1 };

  int64_t next_rows(int64_t left) const {
    return next_row_count(left);
  }
  void multiply(int64_t rows, const float* a, int64_t lda, const float* w, int64_t, int64_t w_step, int64_t k, float* c,
                int64_t ldc, int columns) const {
    with_row_count(rows, [&](auto count) {
      tile_f32<decltype(count)::value>(a, lda, no_bias, w, w_step, k, c, ldc, columns, Plain());
    });
  }
};

}  // namespace

void batch_matmul_f32_avx2(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  batch_matmul_f32(call, cut_avx2_f32(p, call->workers->threads), Tile());
}

}  // namespace sinter
