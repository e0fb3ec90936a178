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

}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_F32_H_
