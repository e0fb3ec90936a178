// The bytes of int16 images for conv's rows of VNNI and AMX: each value's high byte + 128, and, `plane` bytes behind,
// its low byte. For files that are built for AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_SPLIT_S16_H_
#define SINTER_KERNELS_CONV_SPLIT_S16_H_

#include <string.h>

#include "kernels/conv/op.h"
#include "kernels/gemm/lanes_s16_avx512.h"

namespace sinter {
namespace {

// `count` values (null: zeros). May write up to 63 bytes more of each plane.
inline void split_or_zero(const int16_t* from, int64_t count, uint8_t* to, int64_t plane) {
  if (from) return split_values(from, count, to, to + plane);
  memset(to, 0x80, static_cast<size_t>(count));
  memset(to + plane, 0, static_cast<size_t>(count));
}

// `left` zeros, the `count` values of `from` (null: none but zeros), zeros up to `pitch`. In the order of places, since
// what is written too much is overwritten. May write up to 63 bytes more of each plane.
inline void split_padded(const int16_t* from, int64_t count, int64_t left, int64_t pitch, uint8_t* to, int64_t plane) {
  if (!from || left >= pitch) return split_or_zero(nullptr, pitch, to, plane);
  const int64_t inside = count < pitch - left ? count : pitch - left;
  split_or_zero(nullptr, left, to, plane);
  split_or_zero(from, inside, to + left, plane);
  split_or_zero(nullptr, pitch - left - inside, to + left + inside, plane);
}

// One window of a group's channels, each kernel row rounded up to 4 bytes.
inline void gather_split(const ConvParams& p, const int16_t* image, int64_t y, int64_t x, int64_t c0, int64_t channels,
                         uint8_t* out, int64_t plane) {
  const int64_t iy0 = y * p.stride_h - p.pad_top, ix0 = x * p.stride_w - p.pad_left;
  const int64_t run = p.kernel_w * channels;
  for (int64_t i = 0; i < p.kernel_h; i++, out += (run + 3) / 4 * 4) {
    const int64_t iy = iy0 + i * p.dilation_h;
    for (int64_t j = 0; j < p.kernel_w; j++) {
      const int64_t ix = ix0 + j * p.dilation_w;
      const bool inside = iy >= 0 && iy < p.in_h && ix >= 0 && ix < p.in_w;
      split_or_zero(inside ? image + (iy * p.in_w + ix) * p.in_c + c0 : nullptr, channels, out + j * channels, plane);
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_SPLIT_S16_H_
