// What conv's rows of float activations and int8 weights keep beside the images. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DYNAMIC_H_
#define SINTER_KERNELS_CONV_DYNAMIC_H_

#include <stdint.h>

#include "kernels/conv/op.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {

// The most rows that one tile of VNNI takes: pixels of a line, lines, or gathered windows (conv_block, shape.h).
static inline int64_t dynamic_conv_ranges(const ConvParams& p) {
  const int64_t most = p.out_w > p.out_h ? p.out_w : p.out_h;
  return most < 480 ? 480 : most;
}
// Per thread.
static inline int64_t dynamic_conv_ranges_bytes(const ConvParams& p) {
  return (dynamic_conv_ranges(p) * static_cast<int64_t>(sizeof(DynamicRange)) + 63) / 64 * 64;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DYNAMIC_H_
