// Positions in a convolution, for every row of conv. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_SHAPE_H_
#define SINTER_KERNELS_CONV_SHAPE_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/conv/op.h"

namespace sinter {

// Products per output: taps times the channels of one group.
static inline int64_t conv_k(const ConvParams& p) {
  return int64_t{p.kernel_h} * p.kernel_w * (p.in_c / p.groups);
}

// How the VNNI rows cut a convolution into blocks of output rows, and what a thread keeps of the image for one: the
// rows under it with their padding ("whole": a window's row is then one run of bytes), or, where windows are dilated or
// belong to groups, the windows of some pixels, each kernel row rounded up to 4 bytes.
struct ConvBlock {
  bool whole;
  int64_t rows;         // whole: output rows, else output pixels
  int64_t pitch;        // whole: bytes of a row of the image, else of a window
  int64_t image_bytes;  // rounded up to 64; behind it, for u8, int32 for each output pixel: what its sums lack
  int64_t bytes;        // of a thread; -1: more than can be counted
};

static inline ConvBlock conv_block(const ConvParams& p, int threads, bool corrected) {
  const int64_t channels = p.in_c / p.groups;
  ConvBlock b = {p.groups == 1 && p.dilation_w == 1, 1, 0, 0, -1};
  const int64_t out_rows = int64_t{p.batch} * p.out_h, target = 24576;
  if (p.out_w < 1 || out_rows < 1) {
    b.bytes = 0;
    return b;
  }
  if (!b.whole) {
    b.pitch = p.kernel_h * ((p.kernel_w * channels + 3) / 4 * 4);
    const int64_t fit = 16384 / b.pitch / 48 * 48;
    b.rows = fit < 48 ? 48 : fit > 480 ? 480 : fit;
    b.image_bytes = (b.rows * b.pitch + 63) / 64 * 64;
    b.bytes = b.image_bytes + (corrected ? 4 * b.rows : 0);
    return b;
  }
  // A window's last group may read 3 bytes on.
  const int64_t width = int64_t{p.out_w - 1} * p.stride_w + p.kernel_w;
  const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1;
  if (__builtin_mul_overflow(width, int64_t{p.in_c}, &b.pitch)) return b;
  if (__builtin_add_overflow(b.pitch, int64_t{3 + 15}, &b.pitch)) return b;
  b.pitch = b.pitch / 16 * 16;  // where pixels are whole words, broadcasts cross no line of the cache
  int64_t fit = 1;
  if (b.pitch <= target) fit = (target / b.pitch - tall) / p.stride_h + 1;
  b.rows = fair_rows(out_rows, fit < 1 ? 1 : fit, 1, threads);
  b.rows = b.rows < 1 ? 1 : b.rows > p.out_h ? p.out_h : b.rows;
  const int64_t image_rows = (b.rows - 1) * p.stride_h + tall;
  int64_t more;
  if (__builtin_mul_overflow(image_rows, b.pitch, &b.image_bytes) ||
      __builtin_mul_overflow(4 * b.rows, int64_t{p.out_w}, &more) ||
      __builtin_add_overflow(b.image_bytes, int64_t{63 + 64}, &b.image_bytes)) {
    return b;
  }
  b.image_bytes = b.image_bytes / 64 * 64;
  if (__builtin_add_overflow(b.image_bytes, corrected ? (more + 63) / 64 * 64 : 0, &b.bytes)) b.bytes = -1;
  return b;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_SHAPE_H_
