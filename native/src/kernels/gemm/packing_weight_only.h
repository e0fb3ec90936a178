// Packed weights of int8 or half precision for products in float, and the scratch of their rows; int4 weights share
// packing_s4.h with the rows that quantize activations.
// SPDX-License-Identifier: Apache-2.0
//
// n64k1: tiles of 64 columns, the last as wide as the columns left, rounded up to 16: float bias[width], float
// scale[width] (1 for half precision), then k rows of `width` weights. Columns past n are zero.
#ifndef SINTER_KERNELS_GEMM_PACKING_WEIGHT_ONLY_H_
#define SINTER_KERNELS_GEMM_PACKING_WEIGHT_ONLY_H_

#include <stdint.h>

#include "core/row.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_s4.h"
#include "kernels/gemm/tasks.h"

namespace sinter {

static const int64_t WEIGHT_ONLY_COLUMNS = S4_TILE_COLUMNS;

static inline int64_t weight_only_header_bytes(int64_t width) {
  return 8 * width;
}
static inline int64_t weight_only_tile_bytes(int64_t width, int64_t k, int64_t element) {
  return s4_round_up(weight_only_header_bytes(width) + width * k * element, 64);
}
static inline int64_t weight_only_bytes(int64_t n, int64_t k, int64_t element) {
  const int64_t whole = n / WEIGHT_ONLY_COLUMNS, rest = n % WEIGHT_ONLY_COLUMNS;
  const int64_t last = rest ? weight_only_tile_bytes(s4_round_up(rest, 16), k, element) : 0;
  return whole * weight_only_tile_bytes(WEIGHT_ONLY_COLUMNS, k, element) + last;
}

// Rows of A in a block: some 768 KiB of floats, which with the panel stay in L2; a multiple of `mr`.
static inline int64_t weight_only_block_rows(int64_t k, int64_t mr) {
  const int64_t fit = 196608 / (k < 1 ? 1 : k) / mr * mr, least = (48 + mr - 1) / mr * mr;
  return fit < least ? least : fit > 32 * mr ? 32 * mr : fit;
}

namespace {  // its functions must not be shared with files of another ISA

inline ProductTasks weight_only_tasks(int64_t m, int64_t n, int64_t k, int64_t one_tile, int64_t mr, int threads) {
  const int64_t block = tile_high_rows(m, weight_only_block_rows(k, mr), mr, 2 * mr, threads);
  return product_tasks(m, block, (n + WEIGHT_ONLY_COLUMNS - 1) / WEIGHT_ONLY_COLUMNS, one_tile, LEAST_BYTES, threads);
}

}  // namespace

// In scratch, per thread. AVX2: a panel of 16 columns' weights, widened once for all rows of a block: a tile of
// packing_f32.h, and in bfloat16 a block's rows rounded. Bfloat16: 64 columns as tiles of packing_bf16s8.h, and a
// block's rows rounded; or few rows as floats.
static inline int64_t weight_only_panel_bytes(int64_t k) {
  return s4_round_up((k + 1) * 16 * 4, 64);
}
static inline int64_t weight_only_rounded_bytes(int64_t k) {
  return weight_only_panel_bytes(k) + s4_round_up(weight_only_block_rows(k, 6) * k * 4, 64);
}
static const int64_t WEIGHT_ONLY_DIRECT_ROWS = 6;  // rounded rows that meet weights as floats
static inline int64_t weight_only_bf16_panel_bytes(int64_t k) {
  return s4_round_up((2 + (k + 1) / 2) * 64 * 4, 64);
}
static inline int64_t weight_only_bf16_thread_bytes(int64_t k) {
  const int64_t rows = weight_only_block_rows(k, 7) * s4_round_up(k, 2) * 2, few = WEIGHT_ONLY_DIRECT_ROWS * k * 4;
  return weight_only_bf16_panel_bytes(k) + s4_round_up(rows > few ? rows : few, 64);
}

// Sizes of weights [n][k] of int8 (`element` 1) with scales [n], or of half precision (2); and of an optional bias.
bool check_stored_sources(const GemmParams& p, const Source* sources, int64_t element);

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PACKING_WEIGHT_ONLY_H_
