// Weights of int8 for products in bfloat16 (numerics bf16s8), shared by gemm and conv: as bfloat16, widened when they
// are packed or, into scratch, when they are used. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
//
// A tile is one of packing_bf16.h with the scales behind the biases, in 32-bit words: float bias[16], float scale[16],
// then per two values of k 16 words, the even k in the lower half. Int8 is exact as bfloat16. Columns past n and a k
// past the end are zero.
#ifndef SINTER_KERNELS_GEMM_PACKING_BF16S8_H_
#define SINTER_KERNELS_GEMM_PACKING_BF16S8_H_

#include "kernels/gemm/packing_bf16.h"

namespace sinter {

static const int64_t BF16S8_HEADER_WORDS = 32;

static inline int64_t bf16s8_tile_words(int64_t k) {
  return BF16S8_HEADER_WORDS + 16 * bf16_pairs(k);
}
static inline int64_t bf16s8_tiles_bytes(int64_t n, int64_t k) {
  return (n + 15) / 16 * bf16s8_tile_words(k) * 4;
}

// Sixteen columns of weights as they are stored, `step` bytes from one k to the next; float bias[16] and scale[16].
struct StoredColumns {
  const char *bias, *scale;
  const int8_t* w;
  int64_t step;
};

// What a thread keeps for AMX: which columns stand widened, and these: all, where they fit a usual L2 beside the rest,
// so that they are widened once; or as many as meet one strip of rows after another.
struct WidenedColumns {
  int64_t first, ready;  // a tile, counted through groups (none: -1), and how many from it on
};
static const int64_t WIDENED_COLUMNS_BYTES = 64;  // of that, before the tiles
static const int64_t WIDENED_COLUMNS_MOST = 1 << 20;
static inline int64_t widened_columns(int64_t n, int64_t k) {
  const int64_t pairs = (n + 31) / 32, one = 2 * 4 * bf16s8_tile_words(k);
  return 32 * (pairs * one <= WIDENED_COLUMNS_MOST ? pairs : amx_chunk(pairs, one));
}
static inline int64_t widened_columns_bytes(int64_t n, int64_t k) {
  return WIDENED_COLUMNS_BYTES + widened_columns(n, k) / 16 * bf16s8_tile_words(k) * 4;
}

// weights [n][k] of int8, scale [n], bias [n] or null.
void pack_bf16s8_tiles(int64_t n, int64_t k, const void* weights, const void* bias, const void* scale, uint32_t* out);

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PACKING_BF16S8_H_
