// Packed int8 weights, shared by gemm and conv: tiles of columns, K interleaved in small groups.
// SPDX-License-Identifier: Apache-2.0
//
// One tile holds NR columns: int32 bias[NR] with the zero-point terms folded in, float scale[NR], then
// for each group of KR values of k: NR x KR weights (KR neighbours in k of one column side by side).
// Columns past n and values past k are zero. Tiles start at multiples of 64 bytes. The VNNI form has a second bias in
// front of the weights, for products with activations as they are: 16 columns of 16 groups, `nr * kr` bytes from group
// to group, are what AMX takes as a tile.
//
// u8 weights are kept as s8 (value - 128). With z = w_zero_point - 128 what a tile's sums lack is
// -z * (sum of the row's activations), which the kernels add per row; the rest of z is in the bias.
#ifndef SINTER_KERNELS_GEMM_PACKING_H_
#define SINTER_KERNELS_GEMM_PACKING_H_

#include <stdint.h>

#include "core/row.h"

namespace sinter {

// The form: columns per tile, k values per group, and what is added to every activation before the
// product (128 where the kernel makes unsigned bytes of them): folded into the bias here.
//
// The last tile is as wide as the columns left, rounded up to `step`. Where k is several runs (the rows of a
// convolution's kernel), each begins a group of its own.
struct TileForm {
  int nr, kr, a_offset, step;
  int column_bytes;  // of a column's constants: 8, or 12 with a second bias
};
static const TileForm tile_form_avx2 = {16, 2, 0, 16, 8};
static const TileForm tile_form_vnni = {64, 4, 128, 16, 12};
static const TileForm tile_form_dotprod = {16, 4, 0, 16, 8};
static const TileForm tile_form_vnni_u8 = {64, 4, 0, 16, 12};  // its activations are unsigned bytes already

static inline int64_t tile_header_bytes(TileForm f) {
  return int64_t{f.column_bytes} * f.nr;
}
static inline int64_t tile_groups(TileForm f, int64_t k, int64_t runs) {
  return runs * ((k / runs + f.kr - 1) / f.kr);
}
static inline int64_t tile_bytes(TileForm f, int64_t k, int64_t runs = 1) {
  return (tile_header_bytes(f) + tile_groups(f, k, runs) * f.kr * f.nr + 63) / 64 * 64;
}
static inline int64_t packed_tiles_bytes(TileForm f, int64_t n, int64_t k, int64_t runs = 1) {
  const int64_t whole = n / f.nr;
  TileForm last = f;
  last.nr = static_cast<int>((n % f.nr + f.step - 1) / f.step * f.step);
  return whole * tile_bytes(f, k, runs) + (last.nr ? tile_bytes(last, k, runs) : 0);
}

// AVX2 works on a panel of rows widened to int16 in scratch: as many rows as fill some 24 KiB, a
// multiple of the 6 rows of a tile, at least 6 and at most 96. Each row holds k rounded up to 2, plus
// room for a vector that is written past its end.
static inline int64_t avx2_panel_stride(int64_t k) {
  return (k + 1) / 2 * 2;
}
static inline int64_t avx2_panel_rows(int64_t k) {
  const int64_t fit = 24576 / (2 * avx2_panel_stride(k)) / 6 * 6;
  return fit < 6 ? 6 : fit > 96 ? 96 : fit;
}
static inline int64_t avx2_panel_bytes(int64_t k) {
  return (avx2_panel_rows(k) * avx2_panel_stride(k) * 2 + 64 + 63) / 64 * 64;
}
// Behind the panel, where weights have a zero point: int32 per row, what its sums lack.
static inline int64_t avx2_corrected_panel_bytes(int64_t k) {
  return avx2_panel_bytes(k) + (avx2_panel_rows(k) * 4 + 63) / 64 * 64;
}

// AVX-512 VNNI: rows of A are read where they are, some 16 KiB of them for one tile after another. In scratch: room for
// the last row, whose last group may end past A; behind it, where weights have a zero point, int32 per row.
static inline int64_t vnni_block_rows(int64_t k) {
  const int64_t fit = 16384 / (k < 1 ? 1 : k) / 48 * 48;
  return fit < 48 ? 48 : fit > 192 ? 192 : fit;
}
static inline int64_t vnni_row_bytes(int64_t k) {
  return (k + 3 + 63) / 64 * 64;
}
static inline int64_t vnni_corrected_bytes(int64_t k) {
  return vnni_row_bytes(k) + vnni_block_rows(k) * 4;
}

// AMX: how a run of k values meets tiles that take up to 16 groups of 4 values: in steps of `groups`, `whole` of them
// read where the values are. Where steps of one size do not come out even, or the last group is not full, the last step
// begins at `tail_group` and reads a copy whose other values are zeros.
struct AmxSteps {
  int64_t bytes, whole, tail_group;
  int groups;
  bool tail;
};
static inline AmxSteps amx_steps(int64_t bytes) {
  const int64_t groups = (bytes + 3) / 4, steps = (groups + 15) / 16;
  AmxSteps s;
  s.bytes = bytes;
  s.groups = static_cast<int>(groups % steps == 0 ? groups / steps : 16);
  s.tail = groups % steps != 0 || bytes % 4 != 0;
  s.whole = steps - (s.tail ? 1 : 0);
  s.tail_group = groups - s.groups;
  return s;
}
// Rows of A that meet one tile of columns after another, a multiple of 32; they stay in L2. In scratch: 64 bytes a row
// for the last step, and, where weights have a zero point, int32 a row.
static inline int64_t amx_block_rows(int64_t k) {
  const int64_t fit = 262144 / (k < 1 ? 1 : k) / 32 * 32;
  return fit < 32 ? 32 : fit > 512 ? 512 : fit;
}
// Of rows of A that meet one tile of weights after another and stay in L1, and of weights that meet one strip of rows
// after another and stay in L2.
constexpr int64_t AMX_STRIP_BYTES = 16384, AMX_TILES_BYTES = 524288;
// Of 32-bit results no more rows, so that C is written in its order.
constexpr int64_t AMX_STRIP_ROWS_32 = 64;
// Rows of A whose vectors cross lines are copied first where they meet so many columns.
constexpr int64_t AMX_COPY_COLUMNS = 128;
// As even parts of `tiles` tiles as stay in L2.
static inline int64_t amx_chunk(int64_t tiles, int64_t one_tile) {
  const int64_t most = AMX_TILES_BYTES / one_tile, chunks = most < 1 ? tiles : (tiles + most - 1) / most;
  return chunks < 2 ? tiles : (tiles + chunks - 1) / chunks;
}
static inline int64_t amx_strip_rows(int64_t k) {
  const int64_t fit = AMX_STRIP_BYTES / (k < 1 ? 1 : k);
  return fit < 64 ? 32 : fit / 64 * 64;
}
// Of a copied row: an odd number of lines, so that the rows of a tile lie in different sets of L1.
static inline int64_t amx_copy_stride(int64_t k) {
  return (k + 63) / 64 * 64 | 64;
}
static inline int64_t amx_strip_bytes(int64_t k) {
  return amx_strip_rows(k) * amx_copy_stride(k);
}
static inline int64_t amx_scratch_bytes(int64_t k) {
  return amx_block_rows(k) * (64 + 4) + amx_strip_bytes(k);
}

// Adds what each row's sums lack to a tile of int32 results, whose rows are ldc values apart.
static inline void add_lacking(char* c, int64_t rows, int64_t ldc, int columns, const int32_t* lacking) {
  for (int64_t r = 0; r < rows; r++) {
    for (int j = 0; j < columns; j++) {
      uint32_t sum;
      __builtin_memcpy(&sum, c + 4 * (r * ldc + j), 4);  // C needs no alignment
      sum += static_cast<uint32_t>(lacking[r]);
      __builtin_memcpy(c + 4 * (r * ldc + j), &sum, 4);
    }
  }
}

// weights [n][k], k = runs * the values of a run; bias and scale [n] or null (zeros; scale 0).
void pack_tiles(TileForm form, int64_t n, int64_t k, int64_t runs, const int8_t* weights, const int32_t* bias,
                const float* scale, int32_t a_zero_point, char* out);
// The same for u8 weights with a zero point 0..255.
void pack_tiles_u8(TileForm form, int64_t n, int64_t k, int64_t runs, const uint8_t* weights, const int32_t* bias,
                   const float* scale, int32_t a_zero_point, int32_t w_zero_point, char* out);

// The sources' sizes; a bias may be absent, `with_scale` says whether scales must be there.
sinter_status check_s8_sources(const Source* sources, int64_t n, int64_t k, bool with_scale);

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PACKING_H_
