// Walks the output pixels of a pooling op and finds the taps of each window that lie inside the input.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_POOL_WINDOW_H_
#define SINTER_KERNELS_POOL_WINDOW_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/pool/op.h"

namespace sinter {

struct PoolWindow {
  int64_t in;          // element offset of the first tap's first channel
  int32_t rows, cols;  // taps inside
  int64_t out;         // element offset of the output pixel
};

// pixel(window) for each output pixel; output rows are shared among threads.
template <class Pixel>
static inline void pool_walk(const PoolParams& p, Workers* workers, const Pixel& pixel) {
  if (p.channels == 0 || p.out_w == 0) return;
  parallel_for(workers, static_cast<int64_t>(p.batch) * p.out_h, [&](int64_t row, int) {
    const int64_t n = row / p.out_h, y = row % p.out_h;
    const int64_t top = y * p.stride_h - p.pad_top, bottom = top + p.kernel_h;
    const int64_t y0 = top < 0 ? 0 : top, y1 = bottom > p.in_h ? p.in_h : bottom;
    for (int64_t x = 0; x < p.out_w; x++) {
      const int64_t left = x * p.stride_w - p.pad_left, right = left + p.kernel_w;
      const int64_t x0 = left < 0 ? 0 : left, x1 = right > p.in_w ? p.in_w : right;
      const PoolWindow window = {((n * p.in_h + y0) * p.in_w + x0) * p.channels, static_cast<int32_t>(y1 - y0),
                                 static_cast<int32_t>(x1 - x0), (row * p.out_w + x) * p.channels};
      pixel(window);
    }
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_POOL_WINDOW_H_
