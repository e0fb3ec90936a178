// Marks small functions that define numbers, so that the rows of a GPU compute by the very same code.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_HOST_DEVICE_H_
#define SINTER_CORE_HOST_DEVICE_H_

#include <stdint.h>

#if defined(__CUDACC__)
#define SINTER_HOST_DEVICE __host__ __device__
#else
#define SINTER_HOST_DEVICE
#endif

namespace sinter {

// The number of bits 0 above the highest 1, of x > 0.
SINTER_HOST_DEVICE static inline int32_t leading_zeros(uint32_t x) {
#if defined(__CUDA_ARCH__)
  return __clz(static_cast<int>(x));
#else
  return __builtin_clz(x);
#endif
}

}  // namespace sinter

#endif  // SINTER_CORE_HOST_DEVICE_H_
