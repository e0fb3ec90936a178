// resize: pictures of another height and width, bilinear or nearest.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [batch][height][width][channels], out [batch][out_height][out_width][channels]
// types    f32 f32 | s8 s8 | u8 u8 | s16 s16; quantization is that of the input
// numerics resize.f32, xnn.resize (s8, u8), tfl.resize16
#ifndef SINTER_KERNELS_RESIZE_OP_H_
#define SINTER_KERNELS_RESIZE_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_RESIZE_FIELDS(F) \
  F(i32, batch, RUN) F(i32, height, RUN) F(i32, width, RUN) F(i32, channels, RUN) \
  F(i32, out_height, RUN) F(i32, out_width, RUN) \
  F(i32, nearest, RUN) /* 1: values of the nearest pixel; 0: bilinear */ \
  F(i32, align_corners, RUN) \
  F(i32, half_pixel_centers, RUN)
// clang-format on
SINTER_PARAMS(ResizeParams, SINTER_RESIZE_FIELDS);

enum { RESIZE_IN, RESIZE_OUT, RESIZE_SLOTS };
enum { RESIZE_LARGEST = 1 << 20 };  // height or width: positions times 1024 are counted in 32 bits

}  // namespace sinter

#endif  // SINTER_KERNELS_RESIZE_OP_H_
