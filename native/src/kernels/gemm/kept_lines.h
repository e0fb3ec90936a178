// How convolutions of bytes cut an image into blocks of output lines: a thread keeps the lines of the input under a
// block with their padding, so that a window's row is one run of bytes. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_KEPT_LINES_H_
#define SINTER_KERNELS_GEMM_KEPT_LINES_H_

#include <stdint.h>

#include "core/workers.h"

namespace sinter {

// All positive. A line of outputs sees `tall` lines, the next one those `stride` further down; a kept line has `width`
// pixels of `channels` bytes.
struct LinesSeen {
  int64_t images, lines, pixels;  // of outputs
  int64_t width, channels, tall, stride;
};

struct KeptLines {
  int64_t rows;         // output lines of a block
  int64_t pitch;        // bytes of a kept line
  int64_t image_bytes;  // rounded up to 64; behind it, for u8, int32 for each output pixel: what its sums lack
  int64_t bytes;        // of a thread; -1: more than can be counted
};

static inline KeptLines kept_lines(const LinesSeen& s, int threads, bool corrected) {
  const int64_t target = 24576;
  KeptLines k = {1, 0, 0, -1};
  if (__builtin_mul_overflow(s.width, s.channels, &k.pitch)) return k;
  // A window's last group may read 3 bytes on.
  if (__builtin_add_overflow(k.pitch, int64_t{3 + 15}, &k.pitch)) return k;
  k.pitch = k.pitch / 16 * 16;  // where pixels are whole words, broadcasts cross no line of the cache
  int64_t fit = 1;
  if (k.pitch <= target) fit = (target / k.pitch - s.tall) / s.stride + 1;
  k.rows = fair_rows(s.images * s.lines, fit < 1 ? 1 : fit, 1, threads);
  k.rows = k.rows < 1 ? 1 : k.rows > s.lines ? s.lines : k.rows;
  int64_t more;
  if (__builtin_mul_overflow((k.rows - 1) * s.stride + s.tall, k.pitch, &k.image_bytes) ||
      __builtin_mul_overflow(4 * k.rows, s.pixels, &more) ||
      __builtin_add_overflow(k.image_bytes, int64_t{63 + 64}, &k.image_bytes)) {
    return k;
  }
  k.image_bytes = k.image_bytes / 64 * 64;
  if (__builtin_add_overflow(k.image_bytes, corrected ? (more + 63) / 64 * 64 : 0, &k.bytes)) k.bytes = -1;
  return k;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_KEPT_LINES_H_
