// gemm in float for arm64: 6 rows times 16 columns in 24 of the 32 registers.
// SPDX-License-Identifier: Apache-2.0
#include <arm_neon.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_f32.h"

namespace sinter {
namespace {

const int64_t MR = 6;

template <int ROWS>
inline void tile(const float* a, int64_t lda, const float* packed, const GemmParams& p, float* c, int columns) {
  float32x4_t sum[ROWS][4];
  for (int r = 0; r < ROWS; r++) {
    for (int v = 0; v < 4; v++) sum[r][v] = vld1q_f32(packed + 4 * v);
  }
  const float* w = packed + 16;
  for (int64_t k = 0; k < p.k; k++, w += 16) {
    const float32x4_t w0 = vld1q_f32(w), w1 = vld1q_f32(w + 4), w2 = vld1q_f32(w + 8), w3 = vld1q_f32(w + 12);
    for (int r = 0; r < ROWS; r++) {
      const float32x4_t x = vld1q_dup_f32(a + r * lda + k);
      sum[r][0] = vfmaq_f32(sum[r][0], x, w0);
      sum[r][1] = vfmaq_f32(sum[r][1], x, w1);
      sum[r][2] = vfmaq_f32(sum[r][2], x, w2);
      sum[r][3] = vfmaq_f32(sum[r][3], x, w3);
    }
  }
  const float32x4_t low = vdupq_n_f32(p.act_min), high = vdupq_n_f32(p.act_max);
  for (int r = 0; r < ROWS; r++) {
    float row[16];
    for (int v = 0; v < 4; v++) vst1q_f32(row + 4 * v, vminq_f32(vmaxq_f32(sum[r][v], low), high));
    memcpy(c + r * p.ldc, row, static_cast<size_t>(columns) * 4);
  }
}

}  // namespace

void gemm_f32_neon(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const float* packed = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t tiles = (int64_t{p.n} + 15) / 16, one_tile = f32_tile_floats(16, p.k);
  parallel_for(call->workers, (int64_t{p.m} + MR - 1) / MR, [&](int64_t block, int) {
    const int64_t m = block * MR;
    for (int64_t t = 0; t < tiles; t++) {
      const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
      const float* rows = a + m * p.lda;
      const float* w = packed + t * one_tile;
      float* out = c + m * p.ldc + t * 16;
      switch (p.m - m) {
        case 1:
          tile<1>(rows, p.lda, w, p, out, columns);
          break;
        case 2:
          tile<2>(rows, p.lda, w, p, out, columns);
          break;
        case 3:
          tile<3>(rows, p.lda, w, p, out, columns);
          break;
        case 4:
          tile<4>(rows, p.lda, w, p, out, columns);
          break;
        case 5:
          tile<5>(rows, p.lda, w, p, out, columns);
          break;
        default:
          tile<6>(rows, p.lda, w, p, out, columns);
          break;
      }
    }
  });
}

}  // namespace sinter
