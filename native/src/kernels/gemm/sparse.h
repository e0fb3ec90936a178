// The packed forms of sparse int8 weights: only the blocks that are not zero.
// SPDX-License-Identifier: Apache-2.0
//
// gemm_s8_block1x4, gemm_s8_block4x4, gemm_s8_block16x4: blocks of `height` outputs x 4 values of k. Outputs are worked
// on in groups of `width` (4, 4, 16), in the order of how many blocks they have, so that the outputs of a group of 1x4
// have (nearly) as many and loops over blocks end where the last one did, as the branch predictor expects; SPARSE_CHUNK
// outputs at a time are ordered, since their results wait for each other. Step s of a group
// multiplies, for each of its width / height blocks side by side, four activations with the weights of its outputs.
// n is rounded up to 16 and k to 4 (added weights are zero):
//   s32 bias[n]      bias - a_zero_point * sum of the output's weights
//   s32 bias_u8[n]   the same for activations that are u8 (value + 128)
//   f32 scale[n]
//   u32 order[n]     which output stands at a place; groups of 4x4 and 16x4 stay together
//   u32 first[n / width + 1]         group g owns the steps first[g] .. first[g + 1] - 1
//   u16 quad[steps][width / height]  which four values of k a block multiplies, rising within an output
//   s8  weights[steps][width][4 k]   at a multiple of 64 bytes
// An output of a group of 1x4 with fewer blocks than the others has some of zeros at the end.
// Whoever runs it trusts these numbers: they come from the packing, and a plan is refused that pairs
// the blob with other sizes than it was packed for.
#ifndef SINTER_KERNELS_GEMM_SPARSE_H_
#define SINTER_KERNELS_GEMM_SPARSE_H_

#include <stdint.h>

#include "kernels/gemm/op.h"

namespace sinter {

struct BlockShape {
  int height, width;  // outputs of a block, of a group
};
static constexpr BlockShape BLOCK_1X4 = {1, 4}, BLOCK_4X4 = {4, 4}, BLOCK_16X4 = {16, 16};

static constexpr int64_t SPARSE_CHUNK = 64;

struct BlockForm {
  int64_t outputs, groups, quads;              // n rounded up to 16; groups of outputs; k / 4
  int64_t bias_u8, scale, order, first, quad;  // offsets in bytes; bias is at 0
};

static inline BlockForm block_form(const GemmParams& p, BlockShape shape) {
  BlockForm f;
  f.outputs = (int64_t{p.n} + 15) / 16 * 16;
  f.groups = f.outputs / shape.width;
  f.quads = (int64_t{p.k} + 3) / 4;
  f.bias_u8 = 4 * f.outputs;
  f.scale = 8 * f.outputs;
  f.order = 12 * f.outputs;
  f.first = 16 * f.outputs;
  f.quad = f.first + 4 * (f.groups + 1);
  return f;
}

static inline int64_t block_weights_offset(const BlockForm& f, BlockShape shape, int64_t steps) {
  return (f.quad + 2 * (shape.width / shape.height) * steps + 63) / 64 * 64;
}

// The parts of a packed blob.
struct Blocks {
  const int32_t* bias;
  const int32_t* bias_u8;
  const float* scale;
  const uint32_t* order;
  const uint32_t* first;
  const uint16_t* quad;
  const int8_t* weights;
  int64_t outputs, groups, quads;
};

static inline Blocks blocks_view(const GemmParams& p, BlockShape shape, const void* packed) {
  const BlockForm f = block_form(p, shape);
  const char* base = static_cast<const char*>(packed);
  Blocks b;
  b.bias = reinterpret_cast<const int32_t*>(base);
  b.bias_u8 = reinterpret_cast<const int32_t*>(base + f.bias_u8);
  b.scale = reinterpret_cast<const float*>(base + f.scale);
  b.order = reinterpret_cast<const uint32_t*>(base + f.order);
  b.first = reinterpret_cast<const uint32_t*>(base + f.first);
  b.quad = reinterpret_cast<const uint16_t*>(base + f.quad);
  b.weights = reinterpret_cast<const int8_t*>(base + block_weights_offset(f, shape, b.first[f.groups]));
  b.outputs = f.outputs;
  b.groups = f.groups;
  b.quads = f.quads;
  return b;
}

// ---- how the vector rows split their work ---------------------------------------------------------
// Pixels are handled side by side, `width` in a vector, up to `most` vectors at a time: a tile's activations are
// brought into quads in scratch once, in the first cache, and all outputs pass over them; their results, a row of
// pixels per output, wait in scratch and go to C together. With fewer tiles than threads the groups of outputs are
// split, too.
struct SparseSplit {
  int64_t vectors;   // of pixels, the last one may be part empty
  int64_t tiles;     // tile t: vectors vectors * t / tiles up to vectors * (t + 1) / tiles
  int64_t per_tile;  // vectors in the largest tile
};

// `quad_bytes`: of one quad of one vector of pixels as the row keeps it. `eighths`: of the first cache, what a tile's
// activations may take; the rest is for weights and results.
SparseSplit sparse_split(const GemmParams& p, int threads, int width, int most, int64_t quad_bytes, int eighths);

// Rows that load activations once for four outputs pay less for loads from the second cache than for fewer pixels at a
// time.
static constexpr int SPARSE_WITHIN_LEVEL1 = 7, SPARSE_BEYOND_LEVEL1 = 12;

static constexpr int SPARSE_MOST_AVX2 = 4;
static constexpr int SPARSE_MOST_AVX512 = 4;  // with 4 outputs: half of the registers are sums

static inline int64_t sparse_panel_bytes(const GemmParams& p, int64_t vectors, int64_t quad_bytes) {
  return (int64_t{p.k} + 3) / 4 * vectors * quad_bytes;
}
// Results: of each output of a chunk the pixels of a tile, four vectors in `4 * width` bytes.
static inline int64_t sparse_stage_pitch(int64_t vectors, int width) {
  return (vectors + 3) / 4 * 4 * width;
}
// Outputs of the largest chunk.
static inline int64_t sparse_chunk(const GemmParams& p) {
  const int64_t all = (int64_t{p.n} + 15) / 16 * 16;
  return all < SPARSE_CHUNK ? all : SPARSE_CHUNK;
}
// Of two chunks in turns; of all outputs where threads share a tile.
static inline int64_t sparse_stage_bytes(const GemmParams& p, const SparseSplit& s, int threads, int width) {
  const int64_t all = (int64_t{p.n} + 15) / 16 * 16;
  return (s.tiles < threads ? all : 2 * sparse_chunk(p)) * sparse_stage_pitch(s.per_tile, width);
}

// 16x4: rows of A that one task copies, some 16 KiB of them, a multiple of 16.
static inline int64_t sparse_row_stride(const GemmParams& p) {
  return (int64_t{p.k} + 63) / 64 * 64;
}
static inline int64_t sparse_rows(const GemmParams& p, int threads) {
  const int64_t fit = 16384 / sparse_row_stride(p) / 16 * 16, fair = ((p.m + threads - 1) / threads + 15) / 16 * 16;
  const int64_t rows = fit < 16 ? 16 : fit > 192 ? 192 : fit;
  return fair < rows && fair > 0 ? fair : rows;
}
static inline int64_t sparse_rows_bytes(const GemmParams& p, int threads) {
  const int64_t rows = sparse_rows(p, threads);
  return (rows < p.m ? rows : p.m) * sparse_row_stride(p);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_SPARSE_H_
