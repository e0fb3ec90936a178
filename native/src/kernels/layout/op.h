// layout: conversions between NHWC and PLANAR_QUADS for one-byte elements; a row with a cost too.
// SPDX-License-Identifier: Apache-2.0
//
// height rows of width pixels with `channels` channels. NHWC is [height][width][channels];
// PLANAR_QUADS is [height][ceil(channels/4)][pitch][4] with pitch >= width. Towards quads, the tail
// channels and the pixels past width are filled with `fill` (the zero point).
//
// slots    in, out; the row's pair of layouts says which way
// types    s8 s8
// numerics exact
#ifndef SINTER_KERNELS_LAYOUT_OP_H_
#define SINTER_KERNELS_LAYOUT_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_LAYOUT_FIELDS(F) \
  F(i32, height, RUN) \
  F(i32, width, RUN) \
  F(i32, channels, RUN) \
  F(i32, pitch, RUN) \
  F(i32, fill, RUN)
// clang-format on
SINTER_PARAMS(LayoutParams, SINTER_LAYOUT_FIELDS);

enum { LAYOUT_IN, LAYOUT_OUT, LAYOUT_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_LAYOUT_OP_H_
