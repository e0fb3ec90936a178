// Convolutions in bfloat16 by int8 weights (numerics bf16s8), as they are stored (weight_only.h) or widened when they
// are packed: what threads keep. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_BF16S8_H_
#define SINTER_KERNELS_CONV_BF16S8_H_

#include "kernels/conv/weight_only.h"
#include "kernels/gemm/packing_bf16s8.h"

namespace sinter {

// AMX, weights as they are stored: a block of lines, larger than usual since weights may be widened for each anew, and
// behind it, at `lacking`, the widened columns.
static inline AmxConvBlock amx_stored_block(const ConvParams& p, int threads, bool as_they_are) {
  AmxConvBlock b = amx_conv_block(p, threads, 2, as_they_are, false, WIDENED_IMAGE_BYTES);
  const int64_t widened = widened_columns_bytes(p.out_c / p.groups, conv_k(p));
  if (b.bytes < 0 || __builtin_add_overflow(b.bytes, int64_t{63}, &b.lacking)) {
    b.bytes = -1;
    return b;
  }
  b.lacking = b.lacking / 64 * 64;
  if (__builtin_add_overflow(b.lacking, widened, &b.bytes)) b.bytes = -1;
  return b;
}

// AVX-512: a strip of columns as in weight_only.h, tiles of packing_bf16s8.h.
static inline int64_t widened_bf16_bytes(const ConvParams& p) {
  const int64_t tiles = stored_tiles(p.out_c / p.groups);
  return 64 + (tiles < 8 ? tiles : 8) * bf16s8_tile_words(conv_k(p)) * 4;
}

// The t-th 16 columns of a group, whose tiles begin at `tiles`.
static inline StoredColumns stored_columns(const char* tiles, int64_t t, int64_t k) {
  const char* tile = tiles + t * stored_tile_bytes(k, STORED_S8);
  return {tile, tile + 64, reinterpret_cast<const int8_t*>(tile + STORED_HEADER_BYTES), 16};
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_BF16S8_H_
