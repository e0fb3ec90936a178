// binary on quantized numbers: the definitions xnn.add, tfl.add, xnn.mul, tfl.mul.
// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <math.h>
#include <string.h>

#include "kernels/binary/loop.h"
#include "kernels/binary/op.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {
namespace {

// Sums and differences with one shift for both (xnn.add), or with three fixed-point factors (tfl.add).
struct Sum {
  bool common_shift;
  int32_t bias, a_multiplier, b_multiplier, shift;
  FixedFactor a_factor, b_factor, out_factor;
  int32_t left;
};

bool ratio_ok(float ratio) {
  return ratio >= 0.0009765625f && ratio < 256.0f;
}

Sum sum_of(const BinaryParams& p, bool wide) {
  Sum s = {};
  const float a_ratio = p.a_scale / p.out_scale, b_ratio = p.b_scale / p.out_scale;
  const int32_t sign = p.function == BINARY_SUB ? -1 : 1;
  s.common_shift = !wide && ratio_ok(a_ratio) && ratio_ok(b_ratio);
  if (s.common_shift) {
    const float largest = a_ratio > b_ratio ? a_ratio : b_ratio;
    uint32_t bits;
    memcpy(&bits, &largest, 4);
    s.shift = 20 - (static_cast<int32_t>(bits >> 23) - 127);
    const float power = static_cast<float>(int64_t{1} << s.shift);
    s.a_multiplier = static_cast<int32_t>(lrintf(a_ratio * power));
    s.b_multiplier = sign * static_cast<int32_t>(lrintf(b_ratio * power));
    s.bias = (1 << (s.shift - 1)) - s.a_multiplier * p.a_zero_point - s.b_multiplier * p.b_zero_point;
  } else {
    s.left = wide ? 15 : 20;
    const double twice = 2.0 * (p.a_scale > p.b_scale ? p.a_scale : p.b_scale);
    s.a_factor = fixed_factor(p.a_scale / twice);
    s.b_factor = fixed_factor(p.b_scale / twice);
    // As TFLite has it: the shifted scale is a float.
    s.out_factor = fixed_factor(twice / (static_cast<float>(1 << s.left) * p.out_scale));
  }
  return s;
}

template <class T>
void sum(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const Sum s = sum_of(p, sizeof(T) == 2);
  const bool minus = p.function == BINARY_SUB;
  const int32_t low = p.out_min, high = p.out_max, zero = p.out_zero_point;
  const int32_t a_zero = p.a_zero_point, b_zero = p.b_zero_point;
  if (s.common_shift) {
    binary_loop<T, T>(call, [=](T a, T b) {
      int32_t value = ((s.bias + a * s.a_multiplier + b * s.b_multiplier) >> s.shift) + zero;
      value = value < low ? low : value;
      return static_cast<T>(value > high ? high : value);
    });
    return;
  }
  binary_loop<T, T>(call, [=](T a, T b) {
    const int32_t x = fixed_multiply((a - a_zero) * (1 << s.left), s.a_factor);
    const int32_t y = fixed_multiply((b - b_zero) * (1 << s.left), s.b_factor);
    int32_t value = fixed_multiply(minus ? x - y : x + y, s.out_factor) + zero;
    value = value < low ? low : value;
    return static_cast<T>(value > high ? high : value);
  });
}

template <class T>
void product(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const int32_t low = p.out_min, high = p.out_max, zero = p.out_zero_point;
  const int32_t a_zero = p.a_zero_point, b_zero = p.b_zero_point;
  const float scale = p.a_scale * p.b_scale / p.out_scale;
  if (sizeof(T) == 1 && scale >= 1.52587890625e-5f && scale < 256.0f) {  // xnn.mul
    const float lowest = static_cast<float>(low - zero), highest = static_cast<float>(high - zero);
    binary_loop<T, T>(call, [=](T a, T b) {
      float value = static_cast<float>((a - a_zero) * (b - b_zero)) * scale;
      value = value > lowest ? value : lowest;
      value = value < highest ? value : highest;
      return static_cast<T>(static_cast<int32_t>(lrintf(value)) + zero);
    });
    return;
  }
  const FixedFactor factor = fixed_factor(static_cast<double>(scale));
  binary_loop<T, T>(call, [=](T a, T b) {
    // A wide product may need more than fixed_multiply's range: 64 bits on the way.
    const int64_t x = int64_t{a - a_zero} * (b - b_zero);
    const int32_t left = factor.shift > 0 ? factor.shift : 0, right = factor.shift > 0 ? 0 : -factor.shift;
    const int64_t high_part = (x * (int64_t{1} << left) * factor.mantissa + (int64_t{1} << 30)) >> 31;
    int64_t value = high_part;
    if (right > 0) value = (high_part + (int64_t{1} << (right - 1)) + (high_part >> 63)) >> right;
    value += zero;
    value = value < low ? low : value;
    return static_cast<T>(value > high ? high : value);
  });
}

template <class T>
void quantized(const Call* call) {
  switch (static_cast<const BinaryParams*>(call->params)->function) {
    case BINARY_ADD:
    case BINARY_SUB:
      return sum<T>(call);
    case BINARY_MUL:
      return product<T>(call);
    case BINARY_MAX:
      return binary_loop<T, T>(call, [](T a, T b) { return a > b ? a : b; });
    default:
      return binary_loop<T, T>(call, [](T a, T b) { return a < b ? a : b; });
  }
}

}  // namespace

void binary_s8_reference(const Call* call) {
  quantized<int8_t>(call);
}
void binary_u8_reference(const Call* call) {
  quantized<uint8_t>(call);
}
void binary_s16_reference(const Call* call) {
  quantized<int16_t>(call);
}

}  // namespace sinter
