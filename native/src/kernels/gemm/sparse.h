// The packed form of sparse int8 weights: only the blocks of 4 outputs x 4 values of k that are not zero.
// SPDX-License-Identifier: Apache-2.0
//
// gemm_s8_block4x4, with n and k rounded up to 4 (the added weights are zero):
//   s32 bias[n]      bias - a_zero_point * sum of the output's weights
//   s32 bias_u8[n]   the same for activations that are u8 (value + 128)
//   f32 scale[n]
//   u32 first[n / 4 + 1]   block row r owns the blocks first[r] .. first[r + 1] - 1
//   u16 quad[blocks]       which four values of k a block multiplies, rising within a row
//   s8  weights[blocks][4 outputs][4 k]   at a multiple of 64 bytes
// Whoever runs it trusts these numbers: they come from the packing, and a plan is refused that pairs
// the blob with other sizes than it was packed for.
#ifndef SINTER_KERNELS_GEMM_SPARSE_H_
#define SINTER_KERNELS_GEMM_SPARSE_H_

#include <stdint.h>

#include "kernels/gemm/op.h"

namespace sinter {

struct Block4x4Form {
  int64_t rows, quads;                  // blocks down (outputs / 4) and across (k / 4)
  int64_t bias_u8, scale, first, quad;  // offsets in bytes; bias is at 0
};

static inline Block4x4Form block4x4_form(const GemmParams& p) {
  Block4x4Form f;
  f.rows = (int64_t{p.n} + 3) / 4;
  f.quads = (int64_t{p.k} + 3) / 4;
  f.bias_u8 = 16 * f.rows;
  f.scale = 32 * f.rows;
  f.first = 48 * f.rows;
  f.quad = f.first + 4 * (f.rows + 1);
  return f;
}

static inline int64_t block4x4_weights_offset(const Block4x4Form& f, int64_t blocks) {
  return (f.quad + 2 * blocks + 63) / 64 * 64;
}

// The parts of a packed blob.
struct Block4x4 {
  const int32_t* bias;
  const int32_t* bias_u8;
  const float* scale;
  const uint32_t* first;
  const uint16_t* quad;
  const int8_t* weights;
  int64_t rows, quads;
};

static inline Block4x4 block4x4_view(const GemmParams& p, const void* packed) {
  const Block4x4Form f = block4x4_form(p);
  const char* base = static_cast<const char*>(packed);
  Block4x4 b;
  b.bias = reinterpret_cast<const int32_t*>(base);
  b.bias_u8 = reinterpret_cast<const int32_t*>(base + f.bias_u8);
  b.scale = reinterpret_cast<const float*>(base + f.scale);
  b.first = reinterpret_cast<const uint32_t*>(base + f.first);
  b.quad = reinterpret_cast<const uint16_t*>(base + f.quad);
  b.weights = reinterpret_cast<const int8_t*>(base + block4x4_weights_offset(f, b.first[f.rows]));
  b.rows = f.rows;
  b.quads = f.quads;
  return b;
}

// ---- how the vector rows split their work ---------------------------------------------------------
// One pixel: by runs of block rows. More: by tiles of pixels, so that a tile's activations stay in the
// first cache while all block rows pass over them; the last tile takes what does not fill one.
enum { BLOCK4X4_TILE = 64 };

static inline int64_t block4x4_tiles(const GemmParams& p) {
  return p.m < 2 * BLOCK4X4_TILE ? 1 : p.m / BLOCK4X4_TILE;
}
static inline int64_t block4x4_row_runs(const Block4x4& b, int threads) {
  const int64_t runs = threads <= 1 ? 1 : int64_t{threads} * 4;
  return runs < b.rows ? runs : b.rows;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_SPARSE_H_
