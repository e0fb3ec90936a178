// gemm of int16 activations and int8 weights by the products of bytes that VNNI and AMX have: a block of rows is split
// into its high and its low bytes, both meet each tile of columns as rows of their own, and the two sums of an element
// are put together. For files that are built for AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_S16_H_
#define SINTER_KERNELS_GEMM_DRIVE_S16_H_

#include "core/workers.h"
#include "kernels/gemm/lanes_s16_avx512.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

// multiply(own, rows, first tile, end tile, finish): sums of `rows` rows of bytes at `own` by each tile; after each,
// finish(tile).
template <class Multiply>
inline void gemm_split(const Call* call, int64_t most_rows, const Multiply& multiply) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int16_t* a = static_cast<const int16_t*>(call->slots[GEMM_A]);
  const Lanes16* lanes = static_cast<const Lanes16*>(call->slots[GEMM_WEIGHTS]);
  int16_t* c = static_cast<int16_t*>(call->slots[GEMM_C]);
  const SplitPanel panel = split_panel(p.k, most_rows);
  const Bounds16 bounds = {p.out_min, p.out_max};
  const int64_t one_tile = tile_bytes(tile_form_vnni_u8, p.k), tiles = (int64_t{p.n} + 63) / 64;
  const int threads = call->workers->threads;
  const int64_t block = product_rows(p.m, panel.rows, 8, tiles * one_tile, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    uint8_t* own = static_cast<uint8_t*>(call->scratch) + thread * panel.bytes;
    const int32_t* sums = reinterpret_cast<const int32_t*>(own + panel.sums);
    for (int64_t r = 0; r < part.rows; r++) {
      uint8_t* to = own + 2 * r * panel.stride;
      split_values(a + (part.first_row + r) * p.lda, p.k, to, to + panel.stride);
    }
    multiply(panel, own, 2 * part.rows, part.first_tile, part.end_tile, [&](int64_t t) {
      const int columns = p.n - t * 64 < 64 ? static_cast<int>(p.n - t * 64) : 64, width = (columns + 15) / 16 * 16;
      any_split_results(p.requantization, {sums, sums + width, 2 * width}, part.rows, columns, lanes + 4 * t, bounds,
                        c + part.first_row * p.ldc + t * 64, p.ldc);
    });
  });
}

// The tile of columns t, and how many there are, rounded up to whole vectors.
struct SplitTile {
  const char* at;
  int width;
};
inline SplitTile split_tile(const Call* call, int64_t t) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]) + lanes16_bytes(p.n);
  const int64_t left = p.n - t * 64;
  return {packed + t * tile_bytes(tile_form_vnni_u8, p.k), left < 64 ? static_cast<int>((left + 15) / 16 * 16) : 64};
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_S16_H_
