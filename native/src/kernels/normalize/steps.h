// What normalize makes of a row's sum, and of each of its values then. Internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_NORMALIZE_STEPS_H_
#define SINTER_KERNELS_NORMALIZE_STEPS_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {
namespace {

// The high half of twice the product, rounded, halves up.
SINTER_HOST_DEVICE inline int32_t normalize_high(int32_t a, int32_t b) {
  return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 30)) >> 31);
}

SINTER_HOST_DEVICE inline int32_t normalize_shifted(int32_t x, int by) {
  const int64_t value = int64_t{x} * (int64_t{1} << by);
  return static_cast<int32_t>(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
}

// 1 / sqrt(x) by five steps of Newton's method from 1, with three bits before the point; x of 0 counts as 1.
SINTER_HOST_DEVICE inline FixedFactor normalize_root(int32_t x) {
  if (x <= 1) return {INT32_MAX, 0};
  int32_t right = 11;
  while (x >= 1 << 29) {
    x /= 4;
    right++;
  }
  const int32_t pairs = (leading_zeros(static_cast<uint32_t>(x)) - 1) / 2 - 1;
  right -= pairs;
  x <<= 2 * pairs;
  const int32_t whole = x >> 1, half = static_cast<int32_t>((int64_t{whole} + 1) >> 1);
  int32_t y = 1 << 28;
  for (int i = 0; i < 5; i++) {
    const int32_t cube = normalize_shifted(normalize_high(normalize_high(y, y), y), 6);
    y = normalize_shifted(normalize_high((1 << 28) + (1 << 27), y) - normalize_high(half, cube), 3);
  }
  y = normalize_high(y, 1518500250);  // half the root of 2
  if (right < 0) {
    y = static_cast<int32_t>(static_cast<uint32_t>(y) << -right);
    right = 0;
  }
  return {y, -right};
}

// L2 of 8 bits: fixed_multiply of a distance by the root, in 32 bits, of which vectors hold twice as many as of 64.
// A distance has 16 bits with what it is multiplied by, so that its products with both halves of the mantissa fit.
template <class T>
struct UnitLength {
  static constexpr bool is_signed = static_cast<T>(-1) < 0;
  int32_t zero, times, upper, lower, half, towards, right;

  // `squares`: the sum of the squared distances to the zero point.
  SINTER_HOST_DEVICE UnitLength(int32_t zero_point, int32_t squares) : zero(zero_point) {
    FixedFactor root = normalize_root(squares);
    // int8: the 7 bits of the result's scale are part of the factor; uint8: of the value.
    if (is_signed) root.shift += 7;
    times = is_signed ? (root.shift > 0 ? 1 << root.shift : 1) : 128;
    upper = root.mantissa >> 16;
    lower = root.mantissa & 65535;
    right = root.shift > 0 ? 0 : -root.shift;
    half = right ? 1 << (right - 1) : 0;  // halves away from zero
    towards = right ? -1 : 0;
  }
  SINTER_HOST_DEVICE T operator()(T x) const {
    const int32_t middle = is_signed ? 0 : 128, low = is_signed ? -128 : 0, high = low + 255;
    const int32_t distance = (x - zero) * times;
    const int32_t product = (distance * upper + ((distance * lower) >> 16) + (1 << 14)) >> 15;  // halves up
    const int32_t value = middle + ((product + half + ((product >> 31) & towards)) >> right);
    return static_cast<T>(value < low ? low : value > high ? high : value);
  }
};

// Log-softmax of 8 bits.
template <class T>
struct LogSteps {
  float scale, offset;

  // `sum`: of the exponentials of the distances to the largest.
  SINTER_HOST_DEVICE LogSteps(float in_scale, int32_t largest, float sum) {
    const float logarithm = static_cast<float>(log(static_cast<double>(sum)));
    const float out_scale = 0.0625f;
    scale = in_scale / out_scale;
    offset = (in_scale * static_cast<float>(largest) + logarithm) / out_scale;
  }
  SINTER_HOST_DEVICE T operator()(T x) const {
    constexpr int32_t low = static_cast<T>(-1) < 0 ? -128 : 0, high = low + 255;
    float steps = scale * static_cast<float>(x) - offset;
    steps = steps > -1024.0f ? steps : -1024.0f;                       // all below are the least number
    const int32_t value = static_cast<int32_t>(lrintf(steps)) + high;  // the zero point is the greatest number
    return static_cast<T>(value < low ? low : value > high ? high : value);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_NORMALIZE_STEPS_H_
