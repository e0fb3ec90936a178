// How the float rows of gemm walk C: blocks of A's rows that stay in L2, times all strips of columns. Internal linkage:
// ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_F32_H_
#define SINTER_KERNELS_GEMM_DRIVE_F32_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_f32.h"
#include "kernels/gemm/strip_f32.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

// Weights are read once for each block of rows, from L3 or beyond where they are many; a block's rows are read once for
// each strip, from L2. 192 KiB instead took 10 % longer for 768 x 768 x 768 and 1024 x 1024 x 1024 on Granite Rapids,
// 24 KiB 8 % longer for 64 x 1536 x 384 on Zen 5: the weights' way is the narrower one.
constexpr int64_t F32_BLOCK_BYTES = 448 * 1024;
constexpr int64_t F32_MOST_ROWS = 240, F32_ROWS = 8;

inline void gemm_f32(const Call* call, const StripKernelF32& kernel) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const float* packed = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  if (p.m < 1) return;
  const StripsF32 strips = kernel.strips(p.n, p.m);
  const int64_t one_tile = f32_tile_floats(16, p.k);
  // Weights that stay in L1: rows of C are finished one after the other.
  const int64_t packed_bytes = f32_tiles_bytes(16, p.n, p.k);
  const int64_t fit = packed_bytes <= 24576 ? 16384 / (4 * int64_t{p.n}) : F32_BLOCK_BYTES / (4 * int64_t{p.k});
  const int64_t most = fit < F32_ROWS ? F32_ROWS : fit > F32_MOST_ROWS ? F32_MOST_ROWS : fit;
  const int threads = call->workers->threads;
  const int64_t fair = product_rows(p.m, most, F32_ROWS, packed_bytes, threads), cuts = (p.m + fair - 1) / fair;
  const int64_t even = ((p.m + cuts - 1) / cuts + F32_ROWS - 1) / F32_ROWS * F32_ROWS;
  const int64_t block = threads == 1 ? even : fair < F32_ROWS ? F32_ROWS : fair;
  const int64_t strip_bytes = 4 * strips.first_column(1) * int64_t{p.k};
  const ProductTasks tasks = product_tasks(p.m, block, strips.count, strip_bytes, LEAST_FLOAT_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row;
    const FloatRows rows = {a + m0 * p.lda, part.rows, p.lda, 1, 0, p.k};
    for (int64_t s = part.first_tile; s < part.end_tile; s++) {
      const int64_t n0 = strips.first_column(s), after = strips.first_column(s + 1);
      const FloatWeights weights = packed_strip_f32(packed, one_tile, n0, after, s + 1 < part.end_tile);
      const FloatResults results = {c + m0 * p.ldc + n0, p.ldc, p.act_min, p.act_max};
      kernel.multiply(rows, weights, results, static_cast<int>((p.n < after ? p.n : after) - n0));
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_F32_H_
