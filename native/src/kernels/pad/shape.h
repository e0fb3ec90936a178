// The dimensions of a pad in bytes.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_PAD_SHAPE_H_
#define SINTER_KERNELS_PAD_SHAPE_H_

#include <stdint.h>

#include "kernels/pad/op.h"

namespace sinter {

// Dimensions in bytes: the unpadded inner ones are merged into one run.
struct PadShape {
  int dimensions;
  int64_t d[6], before[6], after[6];  // outermost first; the last counts bytes
  int64_t in_bytes[7], out_bytes[7];  // bytes of one index of dimension i - 1; [0]: the whole tensor
};

static inline PadShape pad_shape(const PadParams& p) {
  const int64_t d[6] = {p.d0, p.d1, p.d2, p.d3, p.d4, p.d5};
  const int64_t before[6] = {p.before0, p.before1, p.before2, p.before3, p.before4, p.before5};
  const int64_t after[6] = {p.after0, p.after1, p.after2, p.after3, p.after4, p.after5};
  // From the inside out; dimension `last` takes in all that is unpadded below it.
  int64_t inner = p.element_bytes;
  int i = 5;
  while (i > 0 && before[i] == 0 && after[i] == 0) inner *= d[i--];
  PadShape s = {};
  s.dimensions = i + 1;
  for (int k = 0; k <= i; k++) {
    s.d[k] = d[k];
    s.before[k] = before[k];
    s.after[k] = after[k];
  }
  s.d[i] *= inner;
  s.before[i] *= inner;
  s.after[i] *= inner;
  s.in_bytes[i + 1] = s.out_bytes[i + 1] = 1;
  for (int k = i; k >= 0; k--) {
    s.in_bytes[k] = s.in_bytes[k + 1] * s.d[k];
    s.out_bytes[k] = s.out_bytes[k + 1] * (s.before[k] + s.d[k] + s.after[k]);
  }
  return s;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_PAD_SHAPE_H_
