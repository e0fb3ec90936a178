// How the bfloat16 rows of gemm walk C: blocks of A's rows, rounded once into a panel that stays in L1, times all tiles
// of columns. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_BF16_H_
#define SINTER_KERNELS_GEMM_DRIVE_BF16_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_bf16.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

// A Kernel has ROWS and TILES, the rows and the packed tiles of 16 columns that it takes at most; Value, an element of
// the panel;
//   next_rows(left)       how many rows to do next when `left` are left
//   fill(x, count, out)   makes panel elements of activations
//   multiply(rows, panel, stride, tile, one_tile, pairs, c, ldc, columns)
// T: float or uint16_t (bfloat16), of A.
template <class T, class Kernel>
inline void gemm_bf16(const Call* call, const Kernel& kernel) {
  typedef typename Kernel::Value Value;
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const T* a = static_cast<const T*>(call->slots[GEMM_A]);
  const uint32_t* packed = static_cast<const uint32_t*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t width = 16 * Kernel::TILES, one_tile = bf16_tile_words(p.k);
  const int64_t pairs = bf16_pairs(p.k), stride = 2 * pairs, steps = (p.n + width - 1) / width;
  const int64_t most = bf16_panel_rows(p.k, Kernel::ROWS, sizeof(Value));
  const int64_t panel_bytes = bf16_panel_bytes(p.k, most, sizeof(Value));
  const int threads = call->workers->threads;
  const int64_t block = fair_rows(p.m, most, Kernel::ROWS, threads);
  const ProductTasks tasks = product_tasks(p.m, block, steps, 4 * Kernel::TILES * one_tile, LEAST_FLOAT_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row, rows = part.rows;
    Value* panel = reinterpret_cast<Value*>(static_cast<char*>(call->scratch) + thread * panel_bytes);
    for (int64_t r = 0; r < rows; r++) {
      kernel.fill(a + (m0 + r) * p.lda, p.k, panel + r * stride);
      if (p.k % 2) panel[r * stride + p.k] = 0;
    }
    for (int64_t s = part.first_tile; s < part.end_tile; s++) {
      const int64_t n0 = s * width;
      const int columns = static_cast<int>(p.n - n0 < width ? p.n - n0 : width);
      for (int64_t r = 0; r < rows;) {
        const int64_t count = kernel.next_rows(rows - r);
        kernel.multiply(count, panel + r * stride, stride, packed + n0 / 16 * one_tile, one_tile, pairs,
                        c + (m0 + r) * p.ldc + n0, p.ldc, columns);
        r += count;
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_BF16_H_
