// gemm in int8 for arm64 with dot products: sdot adds four products of a lane into int32.
// SPDX-License-Identifier: Apache-2.0
#include <arm_neon.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing.h"

namespace sinter {
namespace {

// Four bytes of a row of A; past the end of the row, zeros (their weights are zero too).
inline int8x16_t four(const int8_t* a, int64_t left) {
  int32_t bytes = 0;
  memcpy(&bytes, a, left >= 4 ? 4 : static_cast<size_t>(left));
  return vreinterpretq_s8_s32(vdupq_n_s32(bytes));
}

// Sums of ROWS rows of A with one tile of 16 columns.
template <int ROWS>
inline void tile_sums(const int8_t* a, int64_t lda, const char* tile, int64_t k, int32x4_t (*sum)[4]) {
  const int32_t* bias = reinterpret_cast<const int32_t*>(tile);
  for (int r = 0; r < ROWS; r++) {
    for (int v = 0; v < 4; v++) sum[r][v] = vld1q_s32(bias + 4 * v);
  }
  const int8_t* w = reinterpret_cast<const int8_t*>(tile + tile_header_bytes(tile_form_dotprod));
  for (int64_t i = 0; i < k; i += 4, w += 64) {
    const int8x16_t w0 = vld1q_s8(w), w1 = vld1q_s8(w + 16), w2 = vld1q_s8(w + 32), w3 = vld1q_s8(w + 48);
    for (int r = 0; r < ROWS; r++) {
      const int8x16_t x = four(a + r * lda + i, k - i);
      sum[r][0] = vdotq_s32(sum[r][0], w0, x);
      sum[r][1] = vdotq_s32(sum[r][1], w1, x);
      sum[r][2] = vdotq_s32(sum[r][2], w2, x);
      sum[r][3] = vdotq_s32(sum[r][3], w3, x);
    }
  }
}

// xnn.gemm's last step. vcvtnq rounds to nearest even and saturates, as the definition does.
inline int8x16_t requantize(const int32x4_t* sum, const float* scale, const GemmParams& p) {
  const float32x4_t highest = vdupq_n_f32(static_cast<float>(p.out_max - p.out_zero_point));
  int16x8_t half[2];
  for (int h = 0; h < 2; h++) {
    int32x4_t q[2];
    for (int v = 0; v < 2; v++) {
      float32x4_t value = vmulq_f32(vcvtq_f32_s32(sum[2 * h + v]), vld1q_f32(scale + 8 * h + 4 * v));
      q[v] = vcvtnq_s32_f32(vminq_f32(value, highest));
    }
    half[h] = vqaddq_s16(vcombine_s16(vqmovn_s32(q[0]), vqmovn_s32(q[1])),
                         vdupq_n_s16(static_cast<int16_t>(p.out_zero_point)));
  }
  const int8x16_t bytes = vcombine_s8(vqmovn_s16(half[0]), vqmovn_s16(half[1]));
  return vmaxq_s8(bytes, vdupq_n_s8(static_cast<int8_t>(p.out_min)));
}

const int64_t MR = 4;

template <class Store>
inline void for_each_tile(const Call* call, const Store& store) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  const int64_t one_tile = tile_bytes(tile_form_dotprod, p.k), tiles = (int64_t{p.n} + 15) / 16;
  parallel_for(call->workers, (int64_t{p.m} + MR - 1) / MR, [&](int64_t block, int) {
    const int64_t m = block * MR;
    const int64_t rows = p.m - m < MR ? p.m - m : MR;
    for (int64_t t = 0; t < tiles; t++) {
      const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
      const char* tile = packed + t * one_tile;
      int32x4_t sum[MR][4];
      const int8_t* row = a + m * p.lda;
      if (rows == 4) {
        tile_sums<4>(row, p.lda, tile, p.k, sum);
      } else if (rows == 3) {
        tile_sums<3>(row, p.lda, tile, p.k, sum);
      } else if (rows == 2) {
        tile_sums<2>(row, p.lda, tile, p.k, sum);
      } else {
        tile_sums<1>(row, p.lda, tile, p.k, sum);
      }
      for (int64_t r = 0; r < rows; r++) {
        store(sum[r], reinterpret_cast<const float*>(tile + 64), (m + r) * p.ldc + t * 16, columns);
      }
    }
  });
}

}  // namespace

void gemm_s8s8s8_dotprod(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  for_each_tile(call, [&](const int32x4_t* sum, const float* scale, int64_t at, int columns) {
    int8_t bytes[16];
    vst1q_s8(bytes, requantize(sum, scale, p));
    memcpy(c + at, bytes, static_cast<size_t>(columns));
  });
}

void gemm_s8s8s32_dotprod(const Call* call) {
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_tile(call, [&](const int32x4_t* sum, const float*, int64_t at, int columns) {
    memcpy(c + 4 * at, sum, static_cast<size_t>(4 * columns));
  });
}

}  // namespace sinter
