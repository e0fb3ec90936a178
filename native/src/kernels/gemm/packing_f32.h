// Packed float weights, shared by gemm and conv: tiles of columns.
// SPDX-License-Identifier: Apache-2.0
//
// One tile holds NR columns: float bias[NR], then k rows of NR weights. Columns past n are zero.
#ifndef SINTER_KERNELS_GEMM_PACKING_F32_H_
#define SINTER_KERNELS_GEMM_PACKING_F32_H_

#include <stdint.h>

#include "core/row.h"

namespace sinter {

static inline int64_t f32_tile_floats(int nr, int64_t k) {
  return (k + 1) * nr;
}
static inline int64_t f32_tiles_bytes(int nr, int64_t n, int64_t k) {
  return (n + nr - 1) / nr * f32_tile_floats(nr, k) * 4;
}

// weights [n][k] of `weight_bytes`, 4 or, halves, which are widened, 2; bias [n] or null.
void pack_f32_tiles(int nr, int64_t n, int64_t k, const void* weights, int weight_bytes, const float* bias, float* out);

// Sizes of the sources weights [n][k] and optional bias [n]; halves have no scales beside them.
sinter_status check_f32_sources(const Source* sources, int64_t n, int64_t k, int weight_bytes = 4);

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PACKING_F32_H_
