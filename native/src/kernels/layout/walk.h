// Layout conversions, byte by byte: the reference rows, and the edges of the vector rows.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_LAYOUT_WALK_H_
#define SINTER_KERNELS_LAYOUT_WALK_H_

#include <stdint.h>
#include <string.h>

#include "kernels/layout/op.h"

namespace sinter {

// One row of pixels: pixels x0 .. x1-1 of quads q0 .. q1-1.
struct LayoutPart {
  int64_t x0, x1, q0, q1;
};

static inline void layout_part_to_quads(const LayoutParams& p, const int8_t* in, int8_t* out, LayoutPart part) {
  for (int64_t q = part.q0; q < part.q1; q++) {
    const int64_t count = p.channels - q * 4 < 4 ? p.channels - q * 4 : 4;
    for (int64_t x = part.x0; x < part.x1; x++) {
      int8_t* quad = out + (q * p.pitch + x) * 4;
      const int8_t* pixel = in + x * p.channels + q * 4;
      if (count == 4) {
        memcpy(quad, pixel, 4);
      } else {
        for (int64_t c = 0; c < 4; c++) quad[c] = c < count ? pixel[c] : static_cast<int8_t>(p.fill);
      }
    }
  }
}

// The pixels past the row's width.
static inline void layout_fill_gap(const LayoutParams& p, int8_t* out) {
  const int64_t quads = (int64_t{p.channels} + 3) / 4;
  if (p.pitch == p.width) return;
  for (int64_t q = 0; q < quads; q++) {
    memset(out + (q * p.pitch + p.width) * 4, p.fill, static_cast<size_t>(p.pitch - p.width) * 4);
  }
}

static inline void layout_part_from_quads(const LayoutParams& p, const int8_t* in, int8_t* out, LayoutPart part) {
  for (int64_t q = part.q0; q < part.q1; q++) {
    const int64_t count = p.channels - q * 4 < 4 ? p.channels - q * 4 : 4;
    for (int64_t x = part.x0; x < part.x1; x++) {
      const int8_t* quad = in + (q * p.pitch + x) * 4;
      int8_t* pixel = out + x * p.channels + q * 4;
      if (count == 4) {
        memcpy(pixel, quad, 4);
      } else {
        for (int64_t c = 0; c < count; c++) pixel[c] = quad[c];
      }
    }
  }
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LAYOUT_WALK_H_
