// Constants of one int8 mean and its last step.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_REDUCE_SCALING_H_
#define SINTER_KERNELS_REDUCE_SCALING_H_

#include <stdint.h>

#include "kernels/reduce/op.h"

namespace sinter {

// The largest float below one half: added to |v| before cutting, it rounds halves away from zero, and nothing else.
constexpr float kBelowHalf = 0.49999997f;

// xnn.mean: out = round(sum * scale + offset), halves away from zero, clamped to int8.
struct MeanScaling {
  float scale, offset;
};

static inline MeanScaling mean_scaling(const ReduceParams& p, int64_t count) {
  MeanScaling s;
  s.scale = p.in_scale / p.out_scale * (1.0f / static_cast<float>(count));
  const float zero_points = static_cast<float>(count) * static_cast<float>(p.in_zero_point);
  s.offset = static_cast<float>(p.out_zero_point) - zero_points * s.scale;
  return s;
}

static inline int8_t mean_one(MeanScaling s, int32_t sum) {
  float value = static_cast<float>(sum) * s.scale;  // two roundings: no fused multiply-add
  value = value + s.offset;
  value = value < -128.0f ? -128.0f : value;
  value = value > 127.0f ? 127.0f : value;
  return static_cast<int8_t>(value + (value < 0.0f ? -kBelowHalf : kBelowHalf));
}

}  // namespace sinter

#endif  // SINTER_KERNELS_REDUCE_SCALING_H_
