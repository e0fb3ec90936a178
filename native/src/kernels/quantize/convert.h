// Constants that one quantize call needs, derived from its scales: which definition holds and its factors.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_QUANTIZE_CONVERT_H_
#define SINTER_KERNELS_QUANTIZE_CONVERT_H_

#include <math.h>
#include <stdint.h>

#include "kernels/quantize/fixed_point.h"
#include "kernels/quantize/op.h"

namespace sinter {

// 8 bits -> 8 bits. `same_type`: both signed or both unsigned; only then is xnn.requantize defined, and only for
// ratios in [2^-8, 2^7]; all else is tfl.requantize.
struct Requantizer {
  bool by_256;         // xnn.requantize: multiplier in 1/256
  int32_t multiplier;  // 1..32768
  FixedFactor factor;  // tfl.requantize
};

static inline Requantizer requantizer(const QuantizeParams& p, bool same_type) {
  Requantizer r = {};
  const float ratio = p.in_scale / p.out_scale;
  r.by_256 = same_type && ratio >= 0.00390625f && ratio <= 128.0f;
  if (r.by_256) {
    r.multiplier = static_cast<int32_t>(lrintf(256.0f * ratio));
  } else {
    r.factor = fixed_factor(static_cast<double>(p.in_scale) / static_cast<double>(p.out_scale));
  }
  return r;
}

// The exact result for one value, before it is clamped to the output's type.
static inline int32_t requantize_one(const Requantizer& r, int32_t x, int32_t out_zero_point) {
  if (r.by_256) return ((x * r.multiplier + 128) >> 8) + out_zero_point;
  return fixed_multiply(x, r.factor) + out_zero_point;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_QUANTIZE_CONVERT_H_
