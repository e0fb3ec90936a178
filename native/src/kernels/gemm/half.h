// Half precision to float, in scalar form. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_HALF_H_
#define SINTER_KERNELS_GEMM_HALF_H_

#include <stdint.h>
#include <string.h>

namespace sinter {

// Exact, as vcvtph2ps does it: denormals count in full, a NaN becomes quiet.
static inline float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ff;
  float value;
  if (exponent == 0) {
    value = static_cast<float>(mantissa) * 0x1p-24f;
    uint32_t bits;
    memcpy(&bits, &value, 4);
    bits |= sign;
    memcpy(&value, &bits, 4);
    return value;
  }
  const uint32_t quiet = exponent == 31 && mantissa != 0 ? 0x200 : 0;
  const uint32_t bits = sign | (exponent == 31 ? 255u : exponent + 112) << 23 | (mantissa | quiet) << 13;
  memcpy(&value, &bits, 4);
  return value;
}
static inline float half_at(const void* halves, int64_t index) {
  uint16_t half;
  memcpy(&half, static_cast<const char*>(halves) + 2 * index, 2);
  return half_to_float(half);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_HALF_H_
