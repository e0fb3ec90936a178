// What the float rows of depthwise share. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_DEPTHWISE_F32_H_
#define SINTER_KERNELS_DEPTHWISE_F32_H_

#include <stdint.h>

#include "kernels/depthwise/op.h"

namespace sinter {

// Floats from one row of the packed form (bias, tap, tap, ...) to the next.
static inline int64_t depthwise_f32_pitch(const DepthwiseParams& p) {
  return (int64_t{p.in_c} * p.multiplier + 15) / 16 * 16;
}

// The order in which products are added, that of XNNPACK: down the kernel's columns, or, past the 25 taps of its
// depthwise kernels, along the rows. Equal bits matter where int8 follows: a last bit may decide a rounding.
static inline bool depthwise_f32_by_columns(const DepthwiseParams& p) {
  return int64_t{p.kernel_h} * p.kernel_w <= 25;
}

// Taps as an outer and an inner run of them.
struct DepthwiseTaps {
  int64_t outer, inner;  // [first, last) inside the image
  int64_t outer_end, inner_end;
  int64_t outer_pixel, inner_pixel;    // floats from one to the next, in the image
  int64_t outer_weight, inner_weight;  // and in the packed form
};

// Rows [i0, i1) and columns [j0, j1) of the kernel; floats from tap to tap in the image, down and across.
static inline DepthwiseTaps depthwise_f32_taps(const DepthwiseParams& p, int64_t i0, int64_t i1, int64_t j0, int64_t j1,
                                               int64_t down, int64_t across) {
  const int64_t pitch = depthwise_f32_pitch(p);
  if (depthwise_f32_by_columns(p)) return {j0, i0, j1, i1, across, down, pitch, pitch * p.kernel_w};
  return {i0, j0, i1, j1, down, across, pitch * p.kernel_w, pitch};
}

}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_F32_H_
