// bfloat16 (the upper half of a float) in scalar form. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_BF16_H_
#define SINTER_KERNELS_GEMM_BF16_H_

#include <stdint.h>
#include <string.h>

#include "core/host_device.h"

namespace sinter {

// To nearest, halves to even, as vcvtneps2bf16 does it: NaN stays NaN, denormals count as 0.
SINTER_HOST_DEVICE static inline uint16_t bf16_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if ((bits & 0x7f800000) == 0) return static_cast<uint16_t>(bits >> 16 & 0x8000);
  if ((bits & 0x7fffffff) > 0x7f800000) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
SINTER_HOST_DEVICE static inline float bf16_to_float(uint16_t value) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
SINTER_HOST_DEVICE static inline float bf16_rounded(float value) {
  return bf16_to_float(bf16_from_float(value));
}
// What stands in memory as float or as bfloat16, and back.
static inline float float_of(float value) {
  return value;
}
static inline float float_of(uint16_t value) {
  return bf16_to_float(value);
}
SINTER_HOST_DEVICE static inline void put_float(float* out, float value) {
  *out = value;
}
SINTER_HOST_DEVICE static inline void put_float(uint16_t* out, float value) {
  *out = bf16_from_float(value);
}
// An operand that is stored as float or as bfloat16, as the product sees it.
static inline float bf16_operand(float value) {
  return bf16_rounded(value);
}
static inline float bf16_operand(uint16_t value) {
  return bf16_to_float(value);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_BF16_H_
