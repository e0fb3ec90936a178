// How the float rows of conv walk the output: blocks of pixels whose windows stay in L1, times all tiles of columns.
// Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_F32_H_
#define SINTER_KERNELS_CONV_DRIVE_F32_H_

#include "core/workers.h"
#include "kernels/conv/windows_f32.h"
#include "kernels/gemm/packing_f32.h"

namespace sinter {
namespace {

// A Kernel has ROWS, the pixels of its largest tile, and TILES, how many packed tiles of 16 columns it takes at once;
//   next_rows(left)  how many pixels to do next when `left` are left
//   multiply(pixels, windows, run_count, run, tile, one_tile, c, ldc, columns), where pixel r has its run_count
//   pointers at windows[r * run_count]
template <class Kernel>
inline void conv_f32(const Call* call, const Kernel& kernel) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[CONV_IN]);
  const float* packed = static_cast<const float*>(call->slots[CONV_WEIGHTS]);
  float* out = static_cast<float*>(call->slots[CONV_OUT]);
  const int64_t n = p.out_c / p.groups, k = conv_k(p), width = 16 * Kernel::TILES, mr = Kernel::ROWS;
  const int64_t one_tile = f32_tile_floats(16, k), one_group = f32_tiles_bytes(16, n, k) / 4;
  const int64_t pixels = int64_t{p.batch} * p.out_h * p.out_w, most = window_rows_f32(p, Kernel::ROWS);
  const int threads = call->workers->threads;
  int64_t block = most;
  if (threads > 1) {
    const int64_t fair = ((pixels + threads - 1) / threads + mr - 1) / mr * mr;
    if (fair < block && fair > 0) block = fair;
  }
  const int64_t blocks = (pixels + block - 1) / block;
  parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t m0 = task / p.groups * block, g = task % p.groups;
    const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
    char* scratch = static_cast<char*>(call->scratch) + thread * window_bytes_f32(p, most);
    const WindowsF32 windows = make_windows_f32(p, in, scratch, most);
    find_windows_f32(windows, m0, rows, g);
    for (int64_t n0 = 0; n0 < n; n0 += width) {
      const float* tile = packed + g * one_group + n0 / 16 * one_tile;
      const int columns = static_cast<int>(n - n0 < width ? n - n0 : width);
      for (int64_t r = 0; r < rows;) {
        const int64_t count = kernel.next_rows(rows - r);
        kernel.multiply(count, windows.pointers + r * p.kernel_h, p.kernel_h, windows.run, tile, one_tile,
                        out + (m0 + r) * p.out_c + g * n + n0, p.out_c, columns);
        r += count;
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_F32_H_
