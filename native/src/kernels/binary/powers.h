// How far two scales that are powers of two, or nearly, are apart.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_POWERS_H_
#define SINTER_KERNELS_BINARY_POWERS_H_

#include <math.h>
#include <stdint.h>

namespace sinter {

// log2(out / in), rounded; -1 for what has no logarithm or lies further apart than 30.
static inline int32_t shift_of(float in, float out) {
  if (!isnormal(in) || !isnormal(out) || in < 0.0f || out < 0.0f) return -1;
  const double shift = rint(log2(static_cast<double>(out))) - rint(log2(static_cast<double>(in)));
  return shift > 30.0 ? -1 : static_cast<int32_t>(shift);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_POWERS_H_
