// The numeric definition xnn.gemm's last step, in scalar form: int32 sum to int8 or uint8.
// SPDX-License-Identifier: Apache-2.0
//
// y = clamp(round_to_nearest_even(min(float(sum) * scale, out_max - zero_point)) + zero_point) with the
// saturations an x86 vector unit has on the way: values a float-to-int conversion cannot hold become
// INT32_MIN, then int16 saturates, then 8 bits. docs/numerics.md tells where this comes from.
#ifndef SINTER_KERNELS_GEMM_REQUANTIZE_H_
#define SINTER_KERNELS_GEMM_REQUANTIZE_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"

namespace sinter {

// `lowest`: of the output's type, -128 or 0.
SINTER_HOST_DEVICE static inline int32_t requantize_8(int32_t sum, float scale, int32_t zero_point, int32_t out_min,
                                                      int32_t out_max, int32_t lowest) {
  float value = static_cast<float>(sum) * scale;
  const float highest = static_cast<float>(out_max - zero_point);
  // As minps does: a NaN gives the second operand.
  value = value < highest ? value : highest;
  int32_t q = value < -2147483648.0f ? INT32_MIN : static_cast<int32_t>(lrintf(value));
  q = q < -32768 ? -32768 : q;
  q += zero_point;
  q = q < -32768 ? -32768 : q;
  q = q < lowest ? lowest : q > lowest + 255 ? lowest + 255 : q;
  return q < out_min ? out_min : q;
}

SINTER_HOST_DEVICE static inline int8_t requantize_s8(int32_t sum, float scale, int32_t zero_point, int32_t out_min,
                                                      int32_t out_max) {
  return static_cast<int8_t>(requantize_8(sum, scale, zero_point, out_min, out_max, -128));
}
SINTER_HOST_DEVICE static inline uint8_t requantize_u8(int32_t sum, float scale, int32_t zero_point, int32_t out_min,
                                                       int32_t out_max) {
  return static_cast<uint8_t>(requantize_8(sum, scale, zero_point, out_min, out_max, 0));
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_REQUANTIZE_H_
