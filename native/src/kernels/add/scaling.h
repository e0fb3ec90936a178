// Constants of one int8 sum, derived from its scales: which definition holds and its factors.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_ADD_SCALING_H_
#define SINTER_KERNELS_ADD_SCALING_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/host_device.h"
#include "kernels/add/op.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {

// xnn.add: out = ((bias + a * a_multiplier + b * b_multiplier) >> shift) + out_zero_point, clamped.
struct AddScaling {
  bool common_shift;  // xnn.add holds; else tfl.add
  int32_t bias, a_multiplier, b_multiplier, shift;
  FixedFactor a_factor, b_factor, out_factor;  // tfl.add
};

static inline bool add_ratio_ok(float ratio) {
  return ratio >= 0.0009765625f && ratio < 256.0f;
}

static inline AddScaling add_scaling(const AddParams& p) {
  AddScaling s = {};
  const float a_ratio = p.a_scale / p.out_scale, b_ratio = p.b_scale / p.out_scale;
  s.common_shift = add_ratio_ok(a_ratio) && add_ratio_ok(b_ratio);
  if (s.common_shift) {
    // The larger multiplier gets 21 bits. Scaling by 2^shift is exact, so only lrintf rounds.
    const float largest = a_ratio > b_ratio ? a_ratio : b_ratio;
    uint32_t bits;
    memcpy(&bits, &largest, 4);
    s.shift = 20 - (static_cast<int32_t>(bits >> 23) - 127);
    const float power = static_cast<float>(int64_t{1} << s.shift);
    s.a_multiplier = static_cast<int32_t>(lrintf(a_ratio * power));
    s.b_multiplier = static_cast<int32_t>(lrintf(b_ratio * power));
    s.bias = (1 << (s.shift - 1)) - s.a_multiplier * p.a_zero_point - s.b_multiplier * p.b_zero_point;
  } else {
    const double twice = 2.0 * (p.a_scale > p.b_scale ? p.a_scale : p.b_scale);
    s.a_factor = fixed_factor(p.a_scale / twice);
    s.b_factor = fixed_factor(p.b_scale / twice);
    s.out_factor = fixed_factor(twice / (1048576.0 * p.out_scale));
  }
  return s;
}

// One sum before the clamp, by either definition.
SINTER_HOST_DEVICE static inline int32_t add_one(const AddScaling& s, int32_t a_zero_point, int32_t b_zero_point,
                                                 int32_t out_zero_point, int32_t a, int32_t b) {
  if (s.common_shift) return ((s.bias + a * s.a_multiplier + b * s.b_multiplier) >> s.shift) + out_zero_point;
  const int32_t scaled_a = fixed_multiply((a - a_zero_point) * (1 << 20), s.a_factor);
  const int32_t scaled_b = fixed_multiply((b - b_zero_point) * (1 << 20), s.b_factor);
  return fixed_multiply(scaled_a + scaled_b, s.out_factor) + out_zero_point;
}
static inline int32_t add_one(const AddScaling& s, const AddParams& p, int32_t a, int32_t b) {
  return add_one(s, p.a_zero_point, p.b_zero_point, p.out_zero_point, a, b);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_ADD_SCALING_H_
