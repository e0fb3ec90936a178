// Constants of one int8 relu, derived from its scales: which definition holds and its factors.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RELU_SCALING_H_
#define SINTER_KERNELS_RELU_SCALING_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/relu/op.h"

namespace sinter {

struct ReluScaling {
  bool by_256;  // xnn.leaky_relu: multipliers in 1/256; else tfl.relu8, tfl.leaky_relu
  int32_t positive, negative;
  FixedFactor positive_factor, negative_factor;  // mantissas >= 0
  bool negate;                                   // the negative side's factor is negative
};

static inline ReluScaling relu_scaling(const ReluParams& p) {
  ReluScaling s = {};
  const float ratio = p.in_scale / p.out_scale;
  if (p.kind == RELU_CLAMP) {
    s.positive_factor = s.negative_factor = fixed_factor(static_cast<double>(ratio));
    return s;
  }
  const float below = ratio * p.alpha;
  s.by_256 = isnormal(p.alpha) && ratio >= 0.00390625f && ratio <= 128.0f && below >= -127.99609375f &&
             below <= 128.0f && fabsf(below) >= 0.00390625f;
  if (s.by_256) {
    s.positive = static_cast<int32_t>(lrintf(256.0f * ratio));
    s.negative = static_cast<int32_t>(lrintf(256.0f * below));
  } else {
    s.positive_factor = fixed_factor(static_cast<double>(ratio));
    s.negative_factor = fixed_factor(static_cast<double>(p.in_scale * p.alpha / p.out_scale));
    s.negate = s.negative_factor.mantissa < 0;
    if (s.negate) s.negative_factor.mantissa = -s.negative_factor.mantissa;
  }
  return s;
}

// x is the input minus its zero point; the result comes without the output's zero point and clamp.
SINTER_HOST_DEVICE static inline int32_t relu_one(const ReluScaling& s, int32_t x) {
  if (s.by_256) return (x * (x > 0 ? s.positive : s.negative) + 128) >> 8;
  if (x >= 0) return fixed_multiply(x, s.positive_factor);
  const int32_t value = fixed_multiply(x, s.negative_factor);
  return s.negate ? -value : value;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_RELU_SCALING_H_
