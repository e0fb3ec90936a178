// depthwise of int16 activations and int8 weights: the form of its vector rows.
// SPDX-License-Identifier: Apache-2.0
//
// depthwise_s16s8_pairs: blocks of 32 channels, the last filled with zeros: two Lanes16 (gemm/packing_s16.h), then for
// each pair of taps 32 int16, their weights side by side for channels 0-3, 8-11, 16-19, 24-27, then as many for 4-7,
// 12-15, 20-23, 28-31: what unpacking two vectors of 32 activations gives, and a vector of 16 in either half. The
// Lanes16 are of the same channels, so that packing with saturation puts results in order.
#ifndef SINTER_KERNELS_DEPTHWISE_S16_H_
#define SINTER_KERNELS_DEPTHWISE_S16_H_

#include "kernels/depthwise/s8.h"
#include "kernels/gemm/packing_s16.h"

namespace sinter {

static const int64_t DEPTHWISE_S16_BLOCK = 32;

// The t-th tap of the pairs, as row * kernel_w + column; -1: a filler with weight zero. In a 3x3 kernel a pair is the
// first two rows of a column, which up to three outputs see, then the last row's two and one.
static inline int64_t depthwise_s16_tap(const DepthwiseParams& p, int64_t t) {
  if (p.kernel_h == 3 && p.kernel_w == 3) return t < 6 ? t % 2 * 3 + t / 2 : t < 9 ? t : -1;
  return t < depthwise_taps(p) ? t : -1;
}
static inline int64_t depthwise_s16_block_bytes(const DepthwiseParams& p) {
  return 2 * static_cast<int64_t>(sizeof(Lanes16)) + depthwise_pairs(p) * 4 * DEPTHWISE_S16_BLOCK;
}
static inline int64_t depthwise_s16_blocks(const DepthwiseParams& p) {
  return (depthwise_channels(p) + DEPTHWISE_S16_BLOCK - 1) / DEPTHWISE_S16_BLOCK;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_S16_H_
