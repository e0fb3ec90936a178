// The pixels under a window, widened to int16, for conv's AVX2 rows. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_GATHER_AVX2_H_
#define SINTER_KERNELS_CONV_GATHER_AVX2_H_

#include "kernels/conv/op.h"
#include "kernels/gemm/tile_avx2_s16.h"

namespace sinter {
namespace {

inline void fill(int16_t* out, int64_t count, int16_t value) {
  const __m256i v = _mm256_set1_epi16(value);
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), v);
  for (; i < count; i++) out[i] = value;
}

// One window of group channels [c0, c0 + channels): kernel_h * kernel_w * channels values, kernel rows `pitch` apart.
template <class T>
inline void gather(const ConvParams& p, const T* image, int64_t y, int64_t x, int64_t c0, int64_t channels,
                   int64_t pitch, int16_t* out) {
  const int16_t zero = static_cast<int16_t>(p.in_zero_point);
  const int64_t iy0 = y * p.stride_h - p.pad_top, ix0 = x * p.stride_w - p.pad_left;
  const int64_t row_values = p.kernel_w * channels;
  // Taps side by side in memory: one run per kernel row.
  const bool dense = p.dilation_w == 1 && channels == p.in_c;
  // Taps j in [first, last) are inside the image.
  int64_t first = 0, last = p.kernel_w;
  while (first < last && ix0 + first * p.dilation_w < 0) first++;
  while (last > first && ix0 + (last - 1) * p.dilation_w >= p.in_w) last--;
  for (int64_t i = 0; i < p.kernel_h; i++, out += pitch) {
    const int64_t iy = iy0 + i * p.dilation_h;
    if (iy < 0 || iy >= p.in_h || first == last) {
      fill(out, row_values, zero);
      continue;
    }
    if (first > 0) fill(out, first * channels, zero);
    if (last < p.kernel_w) fill(out + last * channels, (p.kernel_w - last) * channels, zero);
    const T* row = image + (iy * p.in_w + ix0) * p.in_c + c0;
    if (dense) {
      widen(row + first * p.in_c, (last - first) * channels, out + first * channels);
    } else {
      for (int64_t j = first; j < last; j++) {
        widen(row + j * p.dilation_w * p.in_c, channels, out + j * channels);
      }
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_GATHER_AVX2_H_
