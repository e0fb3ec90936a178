// Scratch per thread of resize. Byte rows: two rows of sums and a row of the output, each with room for a vector behind
// it, and positions. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RESIZE_SCRATCH_H_
#define SINTER_KERNELS_RESIZE_SCRATCH_H_

#include <stdint.h>

#include "kernels/resize/op.h"

namespace sinter {

enum { RESIZE_MOST_LANES = 16, RESIZE_ROWS = 8 };  // of a vector; output rows of a task

struct ResizeRoom {
  int64_t steps, out, places, bytes;  // where they begin; of all
};

static inline ResizeRoom resize_room(const ResizeParams& p) {
  const int64_t sums = (4 * (int64_t{p.width} * p.channels + RESIZE_MOST_LANES) + 63) / 64 * 64;
  ResizeRoom r;
  r.steps = sums;
  r.out = 2 * sums;
  r.places = r.out + (int64_t{p.out_width} * p.channels + RESIZE_MOST_LANES + 63) / 64 * 64;
  r.bytes = r.places + (int64_t{p.out_width} * 8 + 63) / 64 * 64;
  return r;
}

// Of the float rows: two rows of the picture, blended across, and positions. Output rows of a task share them.
enum { RESIZE_FLOAT_ROWS = 32 };

struct ResizeFloatsRoom {
  int64_t line, places, far, bytes;
};

static inline ResizeFloatsRoom resize_floats_room(const ResizeParams& p) {
  const int64_t across = (int64_t{p.out_width} * 4 + 63) / 64 * 64;
  ResizeFloatsRoom r;
  r.line = (4 * (int64_t{p.out_width} * p.channels + RESIZE_MOST_LANES) + 63) / 64 * 64;
  r.places = 2 * r.line;
  r.far = r.places + across;
  r.bytes = r.far + across;
  return r;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_RESIZE_SCRATCH_H_
