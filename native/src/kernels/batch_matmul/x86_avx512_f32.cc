// batch_matmul in float for AVX-512, with gemm's product.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "kernels/batch_matmul/drive_f32.h"
#include "kernels/gemm/strip_f32.h"

namespace sinter {
namespace {

struct Tile {
  enum { TILES = 2 };

  int64_t next_rows(int64_t left) const {
    return left;
  }
  void multiply(int64_t rows, const float* a, int64_t lda, const float* w, int64_t gap, int64_t w_step, int64_t k,
                float* c, int64_t ldc, int columns) const {
    multiply_strip_f32_avx512({a, rows, lda, 1, 0, k}, {w, w_step, gap, no_bias, 0, nullptr},
                              {c, ldc, -INFINITY, INFINITY}, columns);
  }
};

}  // namespace

void batch_matmul_f32_avx512(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  batch_matmul_f32(call, cut_avx512_f32(p, call->workers->threads), Tile());
}

}  // namespace sinter
