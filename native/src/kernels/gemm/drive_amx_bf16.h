// How the bfloat16 rows of gemm for AMX walk C: float rows of A are rounded into a panel, bfloat16 rows are read where
// they are. Only for files that are built for AMX; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_AMX_BF16_H_
#define SINTER_KERNELS_GEMM_DRIVE_AMX_BF16_H_

#include <math.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tasks.h"
#include "kernels/gemm/tile_amx_bf16.h"

namespace sinter {
namespace {

// T, Out: float or uint16_t (bfloat16), of A and of C. one_tile: words of 16 columns' weights as they are multiplied;
// own_bytes: what product(tiles, rows, first, last, copy, to, own) has for itself in each thread's scratch.
template <class T, class Out, class Product>
inline void gemm_amx_bf16(const Call* call, int64_t one_tile, int64_t own_bytes, const Product& product) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const T* a = static_cast<const T*>(call->slots[GEMM_A]);
  Out* c = static_cast<Out*>(call->slots[GEMM_C]);
  const int64_t pairs_of_tiles = (int64_t{p.n} + 31) / 32;
  const AmxPanel panel = amx_bf16_panel(p.k, sizeof(T) == 4);
  const int threads = call->workers->threads;
  const int64_t block = fair_rows(p.m, panel.rows, 16, threads);
  const ProductTasks tasks = product_tasks(p.m, block, pairs_of_tiles, 8 * one_tile, LEAST_FLOAT_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row, rows = part.rows;
    uint8_t* own = static_cast<uint8_t*>(call->scratch) + thread * (panel.bytes + own_bytes);
    AmxRows all = {reinterpret_cast<const uint8_t*>(a + m0 * p.lda),
                   rows,
                   2 * int64_t{p.lda},
                   1,
                   0,
                   panel.steps,
                   nullptr,
                   nullptr,
                   0,
                   {0, 0}};
    if (sizeof(T) == 4 && p.lda == p.k && p.k % 2 == 0) {
      fill_panel(a + m0 * p.lda, rows * p.k, reinterpret_cast<uint16_t*>(own));  // short rows would take a call each
      all.a = own;
    } else if (sizeof(T) == 4) {
      for (int64_t r = 0; r < rows; r++) {
        uint16_t* out = reinterpret_cast<uint16_t*>(own + r * panel.stride);
        fill_panel(a + (m0 + r) * p.lda, p.k, out);
        if (p.k % 2) out[p.k] = 0;
      }
      all.a = own;
      all.stride = panel.stride;
    }
    if (panel.steps.tail) {
      amx_fill_tail(all.a, rows, all.stride, panel.steps, own + panel.tail);
      all.tail = own + panel.tail;
    }
    const int64_t first = 32 * part.first_tile, last = 32 * part.end_tile;
    const AmxFloats<Out> to = {
        c + m0 * p.ldc, p.ldc, {p.act_min, p.act_max}, p.act_min != -INFINITY || p.act_max != INFINITY};
    AmxTiles shapes;
    const bool crossing = (reinterpret_cast<uintptr_t>(a) | static_cast<uintptr_t>(2 * p.lda)) % 64 != 0;
    const bool copied = sizeof(T) == 2 && crossing && p.k >= 64 && last - first >= AMX_COPY_COLUMNS;
    product(&shapes, all, first, last < p.n ? last : p.n, copied ? own + panel.strip : nullptr, to, own + panel.bytes);
    shapes.release();
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_AMX_BF16_H_
