// How the bfloat16 rows of conv walk the output: blocks of pixels whose windows, rounded once, stay in L1, times all
// tiles of columns. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_BF16_H_
#define SINTER_KERNELS_CONV_DRIVE_BF16_H_

#include "core/workers.h"
#include "kernels/conv/windows_bf16.h"

namespace sinter {
namespace {

// A Kernel is what gemm's drive_bf16.h says.
template <class Kernel>
inline void conv_bf16(const Call* call, const Kernel& kernel) {
  typedef typename Kernel::Value Value;
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[CONV_IN]);
  const uint32_t* packed = static_cast<const uint32_t*>(call->slots[CONV_WEIGHTS]);
  float* out = static_cast<float*>(call->slots[CONV_OUT]);
  const int64_t n = p.out_c / p.groups, k = conv_k(p), width = 16 * Kernel::TILES;
  const int64_t one_tile = bf16_tile_words(k), one_group = bf16_tiles_bytes(n, k) / 4;
  const int64_t pairs = bf16_pairs(k), stride = 2 * pairs, pixels = int64_t{p.batch} * p.out_h * p.out_w;
  const int64_t most = window_rows_bf16(p, Kernel::ROWS, sizeof(Value));
  const int threads = call->workers->threads;
  const int64_t block = fair_rows(pixels, most, Kernel::ROWS, threads);
  const int64_t blocks = (pixels + block - 1) / block;
  parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t m0 = task / p.groups * block, g = task % p.groups;
    const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
    char* scratch = static_cast<char*>(call->scratch) + thread * window_bytes_bf16(p, Kernel::ROWS, sizeof(Value));
    Value* panel = reinterpret_cast<Value*>(scratch);
    const WindowsF32 windows = make_windows_f32(p, in, scratch + bf16_panel_bytes(k, most, sizeof(Value)), most);
    find_windows_f32(windows, m0, rows, g);
    const float** run = windows.pointers;
    for (int64_t r = 0; r < rows; r++) {
      Value* at = panel + r * stride;
      for (int64_t i = 0; i < p.kernel_h; i++, at += windows.run) kernel.fill(*run++, windows.run, at);
      if (k % 2) *at = 0;
    }
    for (int64_t n0 = 0; n0 < n; n0 += width) {
      const uint32_t* tile = packed + g * one_group + n0 / 16 * one_tile;
      const int columns = static_cast<int>(n - n0 < width ? n - n0 : width);
      for (int64_t r = 0; r < rows;) {
        const int64_t count = kernel.next_rows(rows - r);
        kernel.multiply(count, panel + r * stride, stride, tile, one_tile, pairs, out + (m0 + r) * p.out_c + g * n + n0,
                        p.out_c, columns);
        r += count;
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_BF16_H_
