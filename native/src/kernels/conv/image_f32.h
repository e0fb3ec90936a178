// How the rows of conv in float and, for vdpbf16ps, in bfloat16 cut a convolution into blocks, and what a thread keeps
// of the image for one: the rows under a block of output rows with their padding, of one group's channels, in which
// each row of a window is a run of values; or, where windows are dilated across, the windows of some pixels. Where a
// run of bfloat16 is odd, pairs would reach past it: windows are put together from those rows, a line of outputs at a
// time. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_IMAGE_F32_H_
#define SINTER_KERNELS_CONV_IMAGE_F32_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {

struct ImageF32 {
  bool whole;       // rows of the image, else windows of pixels
  bool in_place;    // rows need no padding and are read where they are
  int64_t rows;     // whole: output rows of a block, else output pixels
  int64_t pitch;    // values of a row of the image, or of a window
  int64_t windows;  // whole, odd runs of bfloat16: where a line's windows stand, in values, else 0
  int64_t window;   // values of such a window
  int64_t bytes;    // of a thread, a multiple of 64; -1: more than can be counted
};

// Copying a run of a window writes up to so many values past it.
constexpr int64_t WINDOW_SLACK = 16;

// Half of a usual L1: weights need the rest. Windows share pixels, so that rows that only fit L2 do, too. Weights are
// read again for each block: where they leave L2, what counts is that blocks are few.
static inline int64_t image_bytes_f32(const ConvParams& p, int64_t value_bytes) {
  int64_t weights;
  const bool large = __builtin_mul_overflow(conv_k(p), p.out_c / p.groups, &weights) || weights > 262144 / value_bytes;
  return large ? 262144 : 24576;
}

// value_bytes: 4 for floats, 2 for bfloat16. as_they_are: the image has such values. `most` bytes of a block's rows, 0:
// those of image_bytes_f32().
static inline ImageF32 image_f32(const ConvParams& p, int threads, int64_t value_bytes, bool as_they_are,
                                 int64_t most = 0) {
  const int64_t target = (most > 0 ? most : image_bytes_f32(p, value_bytes)) / value_bytes,
                channels = p.in_c / p.groups;
  const int64_t step = value_bytes == 2 ? 2 : 1;
  ImageF32 b = {p.dilation_w == 1, false, 1, 0, 0, 0, 0};
  const bool odd = b.whole && p.kernel_w * channels % step != 0;
  const int64_t out_rows = int64_t{p.batch} * p.out_h;
  if (p.out_w < 1 || out_rows < 1) return b;
  int64_t floats = 0;
  if (!b.whole) {
    b.pitch = (p.kernel_h * p.kernel_w * channels + step - 1) / step * step;
    const int64_t fit = target / b.pitch / 56 * 56;
    b.rows = fit < 56 ? 56 : fit > 448 ? 448 : fit;
    if (__builtin_mul_overflow(b.rows, b.pitch, &floats)) floats = -1;
  } else {
    const int64_t width = int64_t{p.out_w - 1} * p.stride_w + p.kernel_w;
    const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1;
    b.in_place = as_they_are && !odd && p.groups == 1 && p.pad_left == 0 && p.pad_top == 0 && width <= p.in_w &&
                 int64_t{p.out_h - 1} * p.stride_h + tall <= p.in_h;
    if (b.in_place) {
      b.pitch = int64_t{p.in_w} * p.in_c;
    } else if (__builtin_mul_overflow(width, channels, &b.pitch)) {
      b.bytes = -1;
      return b;
    }
    const int64_t fit = b.pitch <= target ? (target / b.pitch - tall) / p.stride_h + 1 : 1;
    b.rows = fair_rows(out_rows, fit < 1 ? 1 : fit, 1, threads);
    b.rows = b.rows < 1 ? 1 : b.rows > p.out_h ? p.out_h : b.rows;
    if (!b.in_place && __builtin_mul_overflow((b.rows - 1) * p.stride_h + tall, b.pitch, &floats)) floats = -1;
    if (odd && floats >= 0) {
      b.windows = floats + WINDOW_SLACK;
      b.window = (p.kernel_h * p.kernel_w * channels + 1) / 2 * 2;
      int64_t line;
      if (__builtin_mul_overflow(int64_t{p.out_w}, b.window, &line) ||
          __builtin_add_overflow(b.windows + WINDOW_SLACK, line, &floats)) {
        floats = -1;
      }
    }
  }
  if (floats < 0 || floats > INT64_MAX / 8) {
    b.bytes = -1;
  } else {
    b.bytes = (floats * value_bytes + 63) / 64 * 64;
  }
  return b;
}

// Of all threads. A call may get fewer, and then cuts larger blocks.
static inline int64_t image_scratch_f32(const ConvParams& p, int threads, int64_t value_bytes, bool as_they_are,
                                        int64_t at_most = 0) {
  int64_t most = 0;
  for (int t = 1; t <= threads; t++) {
    int64_t bytes;
    const ImageF32 image = image_f32(p, t, value_bytes, as_they_are, at_most);
    // More than any machine has: refused as out of memory.
    if (image.bytes < 0 || __builtin_mul_overflow(image.bytes, int64_t{t}, &bytes)) return INT64_MAX;
    if (bytes > most) most = bytes;
  }
  return most;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_IMAGE_F32_H_
