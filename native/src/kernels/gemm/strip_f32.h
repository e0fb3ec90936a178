// The product of floats, or of bfloat16, that gemm, conv and batch_matmul are made of: rows of A, read where they are,
// times a strip of columns. Each ISA's is in <arch>_<isa>_f32_tiles.cc or <arch>_<isa>_tiles.cc, an instance of
// tiles_f32.h.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_STRIP_F32_H_
#define SINTER_KERNELS_GEMM_STRIP_F32_H_

#include <stdint.h>

namespace sinter {

// Rows of A, `stride` values from row to row. A row's values of k are `runs` runs of `run` values, `pitch` values
// apart: one run for a matrix; for a window of a convolution, the rows of its kernel. Runs of bfloat16 are even.
template <class In>
struct StripRows {
  const In* a;
  int64_t rows, stride;
  int64_t runs, pitch, run;
};
typedef StripRows<float> FloatRows;
typedef StripRows<uint16_t> Bf16Rows;

// Weights and biases of a strip, in tiles of 16 columns. For each k, a tile's weights are `step` floats after those of
// k - 1. A tile's first weights and its biases are `gap` and `bias_gap` floats after those of the tile before. For
// bfloat16 a pair of k stands where a float would (packing_bf16.h).
struct FloatWeights {
  const float* w;
  int64_t step, gap;
  const float* bias;
  int64_t bias_gap;
  // Where the next strip's tile stands, to be brought nearer meanwhile; null: nowhere.
  const float* next;
  // Of bfloat16 alone: scales, which stand like the biases and meet sums before those (numerics bf16s8); null: none.
  const float* scale = nullptr;
};

// C, `ldc` values from row to row. Sums are bounded by low and high, NaN stays; then bfloat16 are rounded.
template <class Out>
struct StripResults {
  Out* c;
  int64_t ldc;
  float low, high;
};
typedef StripResults<float> FloatResults;
typedef StripResults<uint16_t> Bf16Results;

// C[r][0..columns) = bound(bias + sum over k of A[r][k] * W[k][column]) for all rows: products are fused into the sum,
// in the order of k, but that three pixels side by side (run == 3 * stride) may take turns. Weights are read by whole
// vectors of the ISA (4, 8 or 16). 1 <= columns <= the ISA's most.
typedef void MultiplyStripF32(const FloatRows& rows, const FloatWeights& weights, const FloatResults& results,
                              int columns);
MultiplyStripF32 multiply_strip_f32_avx2;    // at most 24 columns, for one row 64
MultiplyStripF32 multiply_strip_f32_neon;    // at most 16 columns, for one row 32
MultiplyStripF32 multiply_strip_f32_avx512;  // at most 64 columns, for one row 128

// The same of bfloat16: pairs of products are added one after the other, as vdpbf16ps does it (docs/numerics.md, bf16).
void multiply_strip_bf16_avx512(const Bf16Rows& rows, const FloatWeights& weights, const FloatResults& results,
                                int columns);  // at most 64 columns, for one row 128
void multiply_strip_bf16_avx512(const Bf16Rows& rows, const FloatWeights& weights, const Bf16Results& results,
                                int columns);

// How n columns are shared out to strips: their bounds in units of vectors. A strip starts with a packed tile.
struct StripsF32 {
  int64_t width;  // floats of a vector
  int64_t vectors, count;

  int64_t first_column(int64_t strip) const {
    return vectors * strip / count * width;
  }
};
// Three vectors are best; four where that is all and rows are enough to make tiles of six. A single row needs eight
// sums that do not wait for each other.
static inline StripsF32 strips_f32_avx512(int64_t n, int64_t rows) {
  const int64_t vectors = (n + 15) / 16;
  return {16, vectors, rows == 1 ? (vectors + 7) / 8 : vectors == 4 && rows >= 24 ? 1 : (vectors + 2) / 3};
}
// Two vectors, and three where a single one would be left; a single row as above.
static inline StripsF32 strips_f32_avx2(int64_t n, int64_t rows) {
  const int64_t vectors = (n + 7) / 8, tiles = (n + 15) / 16;
  if (rows == 1) return {16, tiles, (tiles + 3) / 4};
  return {8, vectors, vectors < 2 ? 1 : vectors / 2};
}
// A packed tile; of a single row two.
static inline StripsF32 strips_f32_neon(int64_t n, int64_t rows) {
  const int64_t tiles = (n + 15) / 16;
  return {16, tiles, rows == 1 ? (tiles + 1) / 2 : tiles};
}

// The weights of a strip from column `first` to `end` in packing_f32.h's form, of one_tile floats a tile; `more`: the
// next strip begins at `end`.
static inline FloatWeights packed_strip_f32(const float* packed, int64_t one_tile, int64_t first, int64_t end,
                                            bool more) {
  const float* tile = packed + first / 16 * one_tile;
  return {tile + 16, 16, one_tile, tile, one_tile, more ? packed + end / 16 * one_tile : nullptr};
}

// An ISA's product, as gemm and conv take it.
struct StripKernelF32 {
  MultiplyStripF32* multiply;
  StripsF32 (*strips)(int64_t n, int64_t rows);
};

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_STRIP_F32_H_
