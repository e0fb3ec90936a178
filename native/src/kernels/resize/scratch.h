// Scratch per thread of resize's byte rows: a row of sums, a row of the output; each with room for a vector behind it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RESIZE_SCRATCH_H_
#define SINTER_KERNELS_RESIZE_SCRATCH_H_

#include <stdint.h>

#include "kernels/resize/op.h"

namespace sinter {

enum { RESIZE_LANES = 8 };

struct ResizeRoom {
  int64_t out, bytes;  // where the output row begins; of all
};

static inline ResizeRoom resize_room(const ResizeParams& p) {
  ResizeRoom r;
  r.out = (4 * (int64_t{p.width} * p.channels + RESIZE_LANES) + 63) / 64 * 64;
  r.bytes = r.out + (int64_t{p.out_width} * p.channels + RESIZE_LANES + 63) / 64 * 64;
  return r;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_RESIZE_SCRATCH_H_
