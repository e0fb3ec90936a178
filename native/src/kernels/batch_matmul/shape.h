// How every row of batch_matmul walks its matrices and cuts its work. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BATCH_MATMUL_SHAPE_H_
#define SINTER_KERNELS_BATCH_MATMUL_SHAPE_H_

#include <stdint.h>

#include "core/checked.h"
#include "core/host_device.h"
#include "kernels/batch_matmul/op.h"
#include "kernels/gemm/packing.h"
#include "kernels/gemm/packing_bf16.h"

namespace sinter {

// Elements from row to row of the matrices as they are stored.
SINTER_HOST_DEVICE static inline int64_t a_pitch(const BatchMatmulParams& p) {
  return p.a_row != 0 ? p.a_row : p.transpose_a ? p.m : p.k;
}
SINTER_HOST_DEVICE static inline int64_t b_pitch(const BatchMatmulParams& p) {
  return p.b_row != 0 ? p.b_row : p.transpose_b ? p.k : p.n;
}
SINTER_HOST_DEVICE static inline int64_t c_pitch(const BatchMatmulParams& p) {
  return p.c_row != 0 ? p.c_row : p.n;
}

// The products to do, in 64 bits. Where one B serves all of a dense A, the batch becomes rows.
struct Products {
  int64_t batches, m;
};

static inline Products products_of(const BatchMatmulParams& p) {
  if (p.m == 0 || p.batch0 == 0 || p.batch1 == 0 || p.batch2 == 0) return {0, 0};
  const int64_t batches = int64_t{p.batch0} * p.batch1 * p.batch2;
  const bool one_b =
      (p.batch0 == 1 || p.b_batch0 == 0) && (p.batch1 == 1 || p.b_batch1 == 0) && (p.batch2 == 1 || p.b_batch2 == 0);
  const bool dense_a = (p.batch2 == 1 || p.a_batch2 == checked_product<2>({p.m, p.k})) &&
                       (p.batch1 == 1 || p.a_batch1 == checked_product<3>({p.batch2, p.m, p.k})) &&
                       (p.batch0 == 1 || p.a_batch0 == checked_product<4>({p.batch1, p.batch2, p.m, p.k}));
  if (one_b && dense_a && !p.transpose_a && p.a_row == 0 && p.c_row == 0) return {1, batches * p.m};
  return {batches, p.m};
}

// Element offsets of the operands and the result of product `index`.
SINTER_HOST_DEVICE static inline int64_t a_offset(const BatchMatmulParams& p, int64_t index) {
  return index / p.batch2 / p.batch1 * p.a_batch0 + index / p.batch2 % p.batch1 * p.a_batch1 +
         index % p.batch2 * p.a_batch2;
}
SINTER_HOST_DEVICE static inline int64_t b_offset(const BatchMatmulParams& p, int64_t index) {
  return index / p.batch2 / p.batch1 * p.b_batch0 + index / p.batch2 % p.batch1 * p.b_batch1 +
         index % p.batch2 * p.b_batch2;
}

SINTER_HOST_DEVICE static inline int64_t c_offset(const BatchMatmulParams& p, int64_t index) {
  if (p.c_row == 0) return index * p.m * p.n;
  return index / p.batch2 / p.batch1 * p.c_batch0 + index / p.batch2 % p.batch1 * p.c_batch1 +
         index % p.batch2 * p.c_batch2;
}

// How one product is cut: a task has `tiles` tiles of columns, whose packed form (tile_bytes each)
// stays in L2, times `rows` rows, which pass in blocks of `block` that stay in L1.
struct Cut {
  int64_t tiles, column_parts, rows, row_parts, block;
};

static inline Cut cut_of(const BatchMatmulParams& p, int threads, int columns, int mr, int64_t tile_bytes,
                         int64_t row_bytes) {
  const Products q = products_of(p);
  const int64_t all = (int64_t{p.n} + columns - 1) / columns;
  Cut c;
  c.tiles = 131072 / tile_bytes;
  c.tiles = c.tiles < 1 ? 1 : c.tiles > all ? all : c.tiles;
  c.column_parts = (all + c.tiles - 1) / c.tiles;
  c.tiles = (all + c.column_parts - 1) / c.column_parts;
  c.column_parts = (all + c.tiles - 1) / c.tiles;
  // Rows are cut only to give every thread a part, and not into parts so small that packing rules.
  int64_t parts = 1;
  const int64_t tasks = q.batches * c.column_parts;
  if (threads > 1 && tasks > 0 && tasks < threads) parts = (threads + tasks - 1) / tasks;
  if (parts > q.m / 32) parts = q.m / 32 < 1 ? 1 : q.m / 32;
  c.rows = ((q.m + parts - 1) / parts + mr - 1) / mr * mr;
  c.row_parts = c.rows > 0 ? (q.m + c.rows - 1) / c.rows : 0;
  c.block = 24576 / row_bytes / mr * mr;
  c.block = c.block < mr ? mr : c.block > 16 * mr ? 16 * mr : c.block;
  return c;
}

// What a row keeps per thread: packed tiles of B, and a panel of A's rows.
//   f32           tiles of 16 columns, [k][16], one (avx2) or two (avx512) at a time; a panel only where A is
//   transposed s8 avx2       int16 less the zero point, pairs of k together: tiles [k / 2][16][2], rows [k] s8
//   avx512vnni gemm's tiles of 64 columns (tile_form_vnni); rows of unsigned bytes, a term for each
static inline Cut cut_avx2_f32(const BatchMatmulParams& p, int threads) {
  return cut_of(p, threads, 16, 6, int64_t{64} * p.k, int64_t{4} * p.k);
}
static inline Cut cut_avx512_f32(const BatchMatmulParams& p, int threads) {
  return cut_of(p, threads, 32, 7, int64_t{128} * p.k, int64_t{4} * p.k);
}
static inline int64_t thread_bytes_f32(const BatchMatmulParams& p, const Cut& c, int tiles_at_once) {
  const int64_t panel = p.transpose_a ? (c.block * p.k * 4 + 63) / 64 * 64 : 0;
  return c.tiles * tiles_at_once * 64 * p.k + panel;
}

//   bf16          gemm's tiles of pairs, one float tile [k][16] that they are made from, rows of 2 * pairs values
static inline Cut cut_avx2_bf16(const BatchMatmulParams& p, int threads) {
  return cut_of(p, threads, 32, 6, 8 * bf16_tile_words(p.k), 8 * bf16_pairs(p.k));
}
static inline Cut cut_avx512_bf16(const BatchMatmulParams& p, int threads) {
  return cut_of(p, threads, 32, 7, 8 * bf16_tile_words(p.k), 4 * bf16_pairs(p.k));
}
struct Bf16Scratch {
  int64_t floats, panel, all;  // offsets behind the tiles, and the bytes of a thread
};
static inline Bf16Scratch bf16_scratch(const BatchMatmulParams& p, const Cut& c, int tiles_at_once, int value_bytes) {
  Bf16Scratch s;
  s.floats = c.tiles * tiles_at_once * 4 * bf16_tile_words(p.k);
  s.panel = s.floats + int64_t{64} * p.k;
  s.all = s.panel + bf16_panel_bytes(p.k, c.block, value_bytes);
  return s;
}

static inline Cut cut_avx2_s8(const BatchMatmulParams& p, int threads) {
  const int64_t pairs = (int64_t{p.k} + 1) / 2;
  return cut_of(p, threads, 16, 6, 64 * pairs, 4 * pairs);
}
static inline int64_t thread_bytes_avx2_s8(const BatchMatmulParams& p, const Cut& c) {
  const int64_t pairs = (int64_t{p.k} + 1) / 2;
  return c.tiles * 64 * pairs + (c.block * pairs * 4 + 63) / 64 * 64;
}
// s16: A's rows twice, their high and their low bytes.
static inline int64_t thread_bytes_avx2_s16(const BatchMatmulParams& p, const Cut& c) {
  const int64_t pairs = (int64_t{p.k} + 1) / 2;
  return c.tiles * 64 * pairs + (c.block * pairs * 8 + 63) / 64 * 64;
}

static inline Cut cut_avx512_s8(const BatchMatmulParams& p, int threads) {
  return cut_of(p, threads, 64, 6, tile_bytes(tile_form_vnni, p.k), (int64_t{p.k} + 3) / 4 * 4);
}
static inline int64_t thread_bytes_avx512_s8(const BatchMatmulParams& p, const Cut& c) {
  return c.tiles * tile_bytes(tile_form_vnni, p.k) + (c.block * ((int64_t{p.k} + 3) / 4 * 4 + 4) + 63) / 64 * 64;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_SHAPE_H_
