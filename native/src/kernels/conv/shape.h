// Positions in a convolution, for every row of conv. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_SHAPE_H_
#define SINTER_KERNELS_CONV_SHAPE_H_

#include <stdint.h>

#include "kernels/conv/op.h"

namespace sinter {

// Products per output: taps times the channels of one group.
static inline int64_t conv_k(const ConvParams& p) {
  return int64_t{p.kernel_h} * p.kernel_w * (p.in_c / p.groups);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_SHAPE_H_
