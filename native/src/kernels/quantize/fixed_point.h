// Fixed-point scaling of TFLite's own kernels: a real factor as a 31-bit mantissa and a shift, with two roundings.
// SPDX-License-Identifier: Apache-2.0
//
// docs/numerics.md (tfl.fixed_point) is the definition. Everything is static: files built for one ISA include it.
#ifndef SINTER_KERNELS_QUANTIZE_FIXED_POINT_H_
#define SINTER_KERNELS_QUANTIZE_FIXED_POINT_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"

namespace sinter {

struct FixedFactor {
  int32_t mantissa;  // in [2^30, 2^31), negative for a negative factor, or 0
  int32_t shift;     // factor = mantissa * 2^(shift - 31)
};

static inline FixedFactor fixed_factor(double factor) {
  FixedFactor f = {0, 0};
  if (factor == 0.0) return f;
  const double fraction = frexp(factor, &f.shift);
  int64_t mantissa = static_cast<int64_t>(round(fraction * 2147483648.0));
  if (mantissa == 2147483648ll || mantissa == -2147483648ll) {
    mantissa /= 2;
    f.shift++;
  }
  if (f.shift < -31) {
    mantissa = 0;
    f.shift = 0;
  }
  f.mantissa = static_cast<int32_t>(mantissa);
  return f;
}

// x * factor for f.shift <= 22 and |x| <= 255 (or any x whose left shift fits 32 bits), mantissa >= 0.
SINTER_HOST_DEVICE static inline int32_t fixed_multiply(int32_t x, FixedFactor f) {
  const int32_t left = f.shift > 0 ? f.shift : 0;
  const int32_t right = f.shift > 0 ? 0 : -f.shift;
  const int64_t product = static_cast<int64_t>(x) * (int64_t{1} << left) * f.mantissa;
  // First rounding: to 2^31, halves up. Second: to 2^right, halves away from zero.
  const int32_t high = static_cast<int32_t>((product + (int64_t{1} << 30)) >> 31);
  if (right == 0) return high;
  const int64_t half = (int64_t{1} << (right - 1)) + (high >> 31);
  return static_cast<int32_t>((high + half) >> right);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_QUANTIZE_FIXED_POINT_H_
