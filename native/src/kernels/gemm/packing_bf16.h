// Packed bfloat16 weights, shared by gemm, conv and batch_matmul: tiles of 16 columns, pairs of k together. Internal
// linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
//
// One tile in 32-bit words: float bias[16], then per two values of k 16 words, the even k in the lower half. Columns
// past n and a k past the end are zero.
#ifndef SINTER_KERNELS_GEMM_PACKING_BF16_H_
#define SINTER_KERNELS_GEMM_PACKING_BF16_H_

#include <stdint.h>

#include "core/row.h"
#include "kernels/gemm/packing.h"

namespace sinter {

static inline int64_t bf16_pairs(int64_t k) {
  return (k + 1) / 2;
}
static inline int64_t bf16_tile_words(int64_t k) {
  return 16 * (1 + bf16_pairs(k));
}
static inline int64_t bf16_tiles_bytes(int64_t n, int64_t k) {
  return (n + 15) / 16 * bf16_tile_words(k) * 4;
}

// Rows work on a panel of rows in scratch, rounded to bfloat16 and k rounded up to even: as many rows as fill some 24
// KiB, a multiple of the tile's `mr`, at most 16 tiles. value_bytes: 4 where the panel holds them as floats (AVX2), 2
// as bfloat16.
static inline int64_t bf16_panel_rows(int64_t k, int mr, int value_bytes) {
  const int64_t fit = 24576 / (2 * bf16_pairs(k) * value_bytes) / mr * mr;
  return fit < mr ? mr : fit > 16 * mr ? 16 * mr : fit;
}
static inline int64_t bf16_panel_bytes(int64_t k, int64_t rows, int value_bytes) {
  return (rows * 2 * bf16_pairs(k) * value_bytes + 63) / 64 * 64;
}

// Strips of vdpbf16ps (drive_strips_bf16.h) take blocks of rows that stay in L2, at most, and where the weights stay in
// L1, few enough that rows of C are finished one after the other.
constexpr int64_t BF16_ROWS = 8;
static inline int64_t bf16_block_rows(int64_t n, int64_t k, int64_t out_bytes) {
  const int64_t words = bf16_pairs(k);
  const int64_t fit = bf16_tiles_bytes(n, k) <= 24576 ? 16384 / (out_bytes * n) : 458752 / (4 * words);
  return fit < BF16_ROWS ? BF16_ROWS : fit > 240 ? 240 : fit;
}
static inline int64_t bf16_block_bytes(int64_t n, int64_t k, int64_t out_bytes) {
  const int64_t rows = (bf16_block_rows(n, k, out_bytes) + BF16_ROWS - 1) / BF16_ROWS * BF16_ROWS;
  return (rows * 4 * bf16_pairs(k) + 63) / 64 * 64;
}

// AMX takes the same tiles. Scratch per thread, by offsets: float rows rounded (bfloat16 ones are read where they are),
// some 256 KiB that stay in L2, then what their last steps read (packing.h).
struct AmxPanel {
  AmxSteps steps;
  int64_t rows, stride, tail, strip, bytes;
};
static inline AmxPanel amx_bf16_panel(int64_t k, bool rounded) {
  AmxPanel p;
  p.steps = amx_steps(rounded ? 4 * bf16_pairs(k) : 2 * k);
  p.rows = amx_block_rows(2 * k);
  p.stride = (4 * bf16_pairs(k) + 63) / 64 * 64;
  p.tail = rounded ? p.rows * p.stride : 0;
  p.strip = p.tail + (p.steps.tail ? p.rows * 64 : 0);
  p.bytes = p.strip + (rounded ? 0 : amx_strip_bytes(2 * k));
  return p;
}

// weights [n][k], floats (rounded here) or bfloat16 as `weight_bytes` says, 4 or 2; bias [n] floats or null.
void pack_bf16_tiles(int64_t n, int64_t k, const void* weights, int64_t weight_bytes, const float* bias, uint32_t* out);

// Sizes of the sources weights [n][k], 4 or 2 bytes each, and optional bias [n]. Returns the bytes of a weight, or 0
// after fail().
int64_t check_bf16_sources(const Source* sources, int64_t n, int64_t k);

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PACKING_BF16_H_
