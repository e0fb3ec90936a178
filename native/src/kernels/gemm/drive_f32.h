// How the float rows of gemm walk C: blocks of A's rows that stay in L2, times all tiles of columns. Internal
// linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_F32_H_
#define SINTER_KERNELS_GEMM_DRIVE_F32_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_f32.h"

namespace sinter {
namespace {

// Weights are read once for each block of rows, from L3 or beyond where they are many; a block's rows are read once for
// each tile. With blocks that fit L1 the weights' way was the narrower one: 64 x 1536 x 384 is 8 % faster so on Zen 5.
constexpr int64_t F32_BLOCK_BYTES = 192 * 1024;

// A Kernel has ROWS, the rows of its largest tile, and TILES, how many packed tiles of 16 columns it takes at once;
//   next_rows(left)  how many rows to do next when `left` are left
//   multiply(rows, a, lda, tile, one_tile, k, c, ldc, columns, ahead), which may bring nearer 16 * k floats from
//   `ahead`
//     on, a part of the tiles that are next
template <class Kernel>
inline void gemm_f32(const Call* call, const Kernel& kernel) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const float* packed = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t width = 16 * Kernel::TILES, one_tile = f32_tile_floats(16, p.k);
  const int64_t steps = (p.n + width - 1) / width, mr = Kernel::ROWS;
  int64_t block = F32_BLOCK_BYTES / (4 * int64_t{p.k}) / mr * mr;
  block = block < mr ? mr : block > 16 * mr ? 16 * mr : block;
  const int threads = call->workers->threads;
  if (threads > 1) {
    const int64_t fair = ((int64_t{p.m} + threads - 1) / threads + mr - 1) / mr * mr;
    if (fair < block && fair > 0) block = fair;
  }
  const int64_t blocks = (p.m + block - 1) / block;
  int64_t chunks = 1;
  if (threads > 1 && blocks < threads) {
    chunks = threads < steps ? threads : steps;
    // A chunk of less than some 32 KiB of weights costs more to hand out than to do.
    while (chunks > 1 && steps / chunks * Kernel::TILES * one_tile < 8192) chunks--;
  }
  parallel_for(call->workers, blocks * chunks, [&](int64_t task, int) {
    const int64_t m0 = task / chunks * block, chunk = task % chunks;
    const int64_t rows = p.m - m0 < block ? p.m - m0 : block;
    const int64_t last = steps * (chunk + 1) / chunks;
    for (int64_t s = steps * chunk / chunks; s < last; s++) {
      const int64_t n0 = s * width;
      const int columns = static_cast<int>(p.n - n0 < width ? p.n - n0 : width);
      for (int64_t r = 0; r < rows;) {
        const int64_t count = kernel.next_rows(rows - r), part = r / mr;
        const float* tile = packed + n0 / 16 * one_tile;
        const float* ahead = part < Kernel::TILES && s + 1 < last ? tile + (Kernel::TILES + part) * one_tile : tile;
        kernel.multiply(count, a + (m0 + r) * p.lda, p.lda, tile, one_tile, p.k, c + (m0 + r) * p.ldc + n0, p.ldc,
                        columns, ahead);
        r += count;
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_F32_H_
