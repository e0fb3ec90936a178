// How the float rows of conv cut a convolution into blocks, and what a thread keeps of the image for one: the rows
// under a block of output rows with their padding, in which each row of a window is a run of floats; or, where windows
// are dilated across or belong to groups, the windows of some pixels.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_IMAGE_F32_H_
#define SINTER_KERNELS_CONV_IMAGE_F32_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {

struct ImageF32 {
  bool whole;     // rows of the image, else windows of pixels
  bool in_place;  // rows need no padding and are read where they are
  int64_t rows;   // whole: output rows of a block, else output pixels
  int64_t pitch;  // floats of a row of the image, or of a window
  int64_t bytes;  // of a thread, a multiple of 64; -1: more than can be counted
};

static inline ImageF32 image_f32(const ConvParams& p, int threads) {
  // Half of a usual L1: weights need the rest. Windows share pixels, so that rows that only fit L2 do, too.
  const int64_t target = 24576 / 4, channels = p.in_c / p.groups;
  ImageF32 b = {p.groups == 1 && p.dilation_w == 1, false, 1, 0, 0};
  const int64_t out_rows = int64_t{p.batch} * p.out_h;
  if (p.out_w < 1 || out_rows < 1) return b;
  int64_t floats = 0;
  if (!b.whole) {
    b.pitch = p.kernel_h * p.kernel_w * channels;
    const int64_t fit = target / b.pitch / 56 * 56;
    b.rows = fit < 56 ? 56 : fit > 448 ? 448 : fit;
    if (__builtin_mul_overflow(b.rows, b.pitch, &floats)) floats = -1;
  } else {
    const int64_t width = int64_t{p.out_w - 1} * p.stride_w + p.kernel_w;
    const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1;
    b.in_place =
        p.pad_left == 0 && p.pad_top == 0 && width <= p.in_w && int64_t{p.out_h - 1} * p.stride_h + tall <= p.in_h;
    if (b.in_place) {
      b.pitch = int64_t{p.in_w} * p.in_c;
    } else if (__builtin_mul_overflow(width, int64_t{p.in_c}, &b.pitch)) {
      b.bytes = -1;
      return b;
    }
    const int64_t fit = b.pitch <= target ? (target / b.pitch - tall) / p.stride_h + 1 : 1;
    b.rows = fair_rows(out_rows, fit < 1 ? 1 : fit, 1, threads);
    b.rows = b.rows < 1 ? 1 : b.rows > p.out_h ? p.out_h : b.rows;
    if (!b.in_place && __builtin_mul_overflow((b.rows - 1) * p.stride_h + tall, b.pitch, &floats)) floats = -1;
  }
  if (floats < 0 || floats > INT64_MAX / 8) {
    b.bytes = -1;
  } else {
    b.bytes = (floats * 4 + 63) / 64 * 64;
  }
  return b;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_IMAGE_F32_H_
