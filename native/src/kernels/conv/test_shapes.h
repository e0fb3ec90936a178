// Shapes of convolutions for tests of several types. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_TEST_SHAPES_H_
#define SINTER_KERNELS_CONV_TEST_SHAPES_H_

#include <math.h>

#include "differential.h"
#include "kernels/conv/op.h"

namespace sinter {
namespace {

// The i-th: small images with all kinds of strides and padding; groups, dilation, many columns and bounds by turns.
inline ConvParams conv_random_shape(Random& random, int i) {
  const auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  ConvParams p = {};
  p.groups = i % 4 == 0 ? any(2, 3) : 1;
  p.batch = any(1, 2);
  p.in_h = any(1, 12);
  p.in_w = any(1, 12);
  p.in_c = p.groups * any(1, 20);
  p.out_c = p.groups * (i % 5 == 0 ? any(40, 150) : any(1, 36));
  p.kernel_h = any(1, 4);
  p.kernel_w = any(1, 4);
  p.stride_h = any(1, 3);
  p.stride_w = any(1, 3);
  p.dilation_h = i % 7 == 3 ? any(4, 9) : i % 5 == 0 ? 2 : 1;
  p.dilation_w = i % 5 == 0 ? 2 : 1;
  p.pad_top = any(0, 3);
  p.pad_left = any(0, 3);
  p.out_h = any(0, 8);
  p.out_w = any(1, 8);
  p.act_min = i % 3 ? -INFINITY : 0.0f;
  p.act_max = i % 3 ? INFINITY : 6.0f;
  return p;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_TEST_SHAPES_H_
