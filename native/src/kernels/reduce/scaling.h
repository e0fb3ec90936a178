// Constants of one mean or sum of bytes and its last step.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_REDUCE_SCALING_H_
#define SINTER_KERNELS_REDUCE_SCALING_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/reduce/op.h"

namespace sinter {

// The largest float below one half: added to |v| before cutting, it rounds halves away from zero, and nothing else.
constexpr float kBelowHalf = 0.49999997f;

// xnn.mean: out = round(sum * scale + offset), halves away from zero, clamped to the type.
struct MeanScaling {
  float scale, offset, low, high;
};

// What a sum of floats is multiplied by.
static inline float mean_factor(const ReduceParams& p, int64_t count) {
  return p.kind == REDUCE_SUM ? 1.0f : 1.0f / static_cast<float>(count);
}

template <class T>
static inline MeanScaling mean_scaling(const ReduceParams& p, int64_t count) {
  MeanScaling s;
  s.scale = p.in_scale / p.out_scale * mean_factor(p, count);
  const float zero_points = static_cast<float>(count) * static_cast<float>(p.in_zero_point);
  s.offset = static_cast<float>(p.out_zero_point) - zero_points * s.scale;
  s.low = static_cast<T>(-1) < 0 ? -128.0f : 0.0f;
  s.high = s.low + 255.0f;
  return s;
}

template <class T>
SINTER_HOST_DEVICE static inline T mean_one(MeanScaling s, int32_t sum) {
  float value = static_cast<float>(sum) * s.scale;  // two roundings: no fused multiply-add
  value = value + s.offset;
  value = value < s.low ? s.low : value;
  value = value > s.high ? s.high : value;
  return static_cast<T>(value + (value < 0.0f ? -kBelowHalf : kBelowHalf));
}

// tfl.prod: what each of so many factors is multiplied by, so that the product ends in the result's scale.
static inline double product_scale(const ReduceParams& p, int64_t count) {
  return static_cast<double>(p.in_scale) / pow(static_cast<double>(p.out_scale), 1.0 / static_cast<double>(count));
}

void reduce_product_s8(const Call* call);  // integer.cc

}  // namespace sinter

#endif  // SINTER_KERNELS_REDUCE_SCALING_H_
