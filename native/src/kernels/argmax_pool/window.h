// argmax_pool: which pixel of the input a place of a window is. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_ARGMAX_POOL_WINDOW_H_
#define SINTER_KERNELS_ARGMAX_POOL_WINDOW_H_

#include "kernels/argmax_pool/op.h"

namespace sinter {
namespace {

inline int64_t inside(int64_t at, int64_t size) {
  return at < 0 ? 0 : at < size ? at : size - 1;
}

inline const float* pixel(const ArgmaxPoolParams& p, const float* in, int64_t b, int64_t y, int64_t x, int64_t place) {
  const int64_t in_y = inside(y * p.kernel_h - p.pad_top + place % p.kernel_h, p.in_h);
  const int64_t in_x = inside(x * p.kernel_w - p.pad_left + place / p.kernel_h, p.in_w);
  return in + ((b * p.in_h + in_y) * p.in_w + in_x) * p.channels;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_ARGMAX_POOL_WINDOW_H_
