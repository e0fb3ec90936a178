// binary on quantized numbers: xnn.add, tfl.add, xnn.mul, tfl.mul and what TFLite's own kernels alone define.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include <limits.h>
#include <math.h>
#include <string.h>

#include "kernels/binary/loop.h"
#include "kernels/binary/op.h"
#include "kernels/binary/powers.h"
#include "kernels/binary/whole.h"
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
  // The product wraps in 32 bits when it is shifted to the left, by what is left of the count in 5 bits: TFLite's
  // arithmetic on x86, which models with broken scales meet.
  const int32_t left = factor.shift > 0 ? factor.shift & 31 : 0, right = factor.shift > 0 ? 0 : -factor.shift;
  binary_loop<T, T>(call, [=](T a, T b) {
    const uint32_t x = static_cast<uint32_t>((a - a_zero) * (b - b_zero));
    const int64_t high_part = (int64_t{static_cast<int32_t>(x << left)} * factor.mantissa + (int64_t{1} << 30)) >> 31;
    int64_t value = high_part;
    if (right > 0) value = (high_part + (int64_t{1} << (right - 1)) + (high_part >> 63)) >> right;
    value += zero;
    value = value < low ? low : value;
    return static_cast<T>(value > high ? high : value);
  });
}

// tfl.squared_difference: both operands in units of twice the larger scale with 7 bits behind the point.
template <class T>
void squared_difference(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const double twice = static_cast<double>(2.0f * (p.a_scale > p.b_scale ? p.a_scale : p.b_scale));
  const FixedFactor a_factor = fixed_factor(static_cast<double>(p.a_scale) / twice);
  const FixedFactor b_factor = fixed_factor(static_cast<double>(p.b_scale) / twice);
  const FixedFactor out_factor = fixed_factor(twice * twice / static_cast<double>(16384.0f * p.out_scale));
  const int32_t low = p.out_min, high = p.out_max, zero = p.out_zero_point;
  const int32_t a_zero = p.a_zero_point, b_zero = p.b_zero_point;
  binary_loop<T, T>(call, [=](T a, T b) {
    const int32_t d = fixed_multiply((a - a_zero) * 128, a_factor) - fixed_multiply((b - b_zero) * 128, b_factor);
    int32_t value = fixed_multiply(d * d, out_factor) + zero;
    value = value < low ? low : value;
    return static_cast<T>(value > high ? high : value);
  });
}

// tfl.prelu: one factor for what is not negative, another for products with the slope.
template <class T>
void prelu(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const FixedFactor kept = fixed_factor(static_cast<double>(p.a_scale / p.out_scale));
  const FixedFactor bent = fixed_factor(static_cast<double>(p.a_scale * p.b_scale / p.out_scale));
  const int32_t low = p.out_min, high = p.out_max, zero = p.out_zero_point;
  const int32_t a_zero = p.a_zero_point, b_zero = p.b_zero_point;
  binary_loop<T, T>(call, [=](T a, T b) {
    const int32_t x = a - a_zero, y = x * (b - b_zero);
    int32_t value = (x >= 0 ? fixed_multiply(x, kept) : fixed_multiply(y, bent)) + zero;
    value = value < low ? low : value;
    return static_cast<T>(value > high ? high : value);
  });
}

// The high half of twice the product, rounded, halves up.
int32_t doubled_high(int32_t a, int32_t b) {
  return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 30)) >> 31);
}

int32_t saturated_left(int32_t x, int by) {
  const int64_t value = int64_t{x} * (int64_t{1} << by);
  return static_cast<int32_t>(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
}

// 2^31 / (x * 2^(1 - headroom)) for x > 0, by three steps of Newton's method, with 31 - headroom as `over`.
int32_t reciprocal(int32_t x, int32_t* over) {
  const int leading = __builtin_clz(static_cast<uint32_t>(x));
  *over = 31 - leading;
  const int32_t rest = static_cast<int32_t>((static_cast<uint32_t>(x) << leading) - (uint32_t{1} << 31));
  const int32_t half = static_cast<int32_t>((int64_t{rest} + INT32_MAX + 1) / 2);
  int32_t y = 1515870810 + doubled_high(half, -1010580540);  // 48 / 17 - 32 / 17 d, with two bits before the point
  for (int i = 0; i < 3; i++) {
    const int32_t off = (1 << 29) - doubled_high(half, y);
    y += saturated_left(doubled_high(y, off), 2);
  }
  return saturated_left(y, 1);
}

// tfl.div: by way of the reciprocal of the divisor's distance to its zero point.
template <class T>
void division(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  if (any_zero<T>(call, static_cast<T>(p.b_zero_point))) return;
  const FixedFactor factor = fixed_factor(static_cast<double>(p.a_scale / (p.b_scale * p.out_scale)));
  const int32_t low = p.out_min, high = p.out_max, zero = p.out_zero_point;
  const int32_t a_zero = p.a_zero_point, b_zero = p.b_zero_point;
  binary_loop<T, T>(call, [=](T a, T b) {
    int32_t x = a - a_zero, y = b - b_zero, over;
    if (y < 0) {
      x = -x;
      y = -y;
    }
    const int32_t inverse = reciprocal(y, &over);
    const int headroom = x == 0 ? 31 : __builtin_clrsb(x);
    const int32_t quotient = doubled_high(static_cast<int32_t>(static_cast<uint32_t>(x) << headroom), inverse);
    const int32_t right = over + headroom - factor.shift;
    // Rounded to the nearest, halves away from zero, for 0 to 31 bits. Beyond, TFLite shifts by what is left of the
    // count in 5 bits, as x86 has it, and adds 1 to what is not negative; so do we.
    const int32_t high_part = doubled_high(quotient, factor.mantissa);
    int64_t value = high_part;
    if (right > 0 && right < 32) value = (value + (int64_t{1} << (right - 1)) + (value >> 63)) >> right;
    if (right < 0 || right > 31) value = (high_part >> (right & 31)) + (high_part >= 0 ? 1 : 0);
    value += zero;
    value = value < low ? low : value;
    return static_cast<T>(value > high ? high : value);
  });
}

// tfl.add16: scales that are powers of two. One operand is shifted to the result's scale, halves away from zero.
void powers(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const int32_t a_shift = shift_of(p.a_scale, p.out_scale), b_shift = shift_of(p.b_scale, p.out_scale);
  const int32_t sign = p.function == BINARY_SUB_POWERS ? -1 : 1, low = p.out_min, high = p.out_max;
  const auto scaled = [](int32_t x, int32_t shift) {
    return shift == 0 ? x : (x + (1 << (shift - 1)) + (x >> 31)) >> shift;
  };
  binary_loop<int16_t, int16_t>(call, [=](int16_t a, int16_t b) {
    int32_t value = scaled(a, a_shift) + sign * scaled(b, b_shift);
    value = value < low ? low : value;
    return static_cast<int16_t>(value > high ? high : value);
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
    case BINARY_DIV:
      return division<T>(call);
    case BINARY_SQUARED_DIFFERENCE:
      return squared_difference<T>(call);
    case BINARY_PRELU:
      return prelu<T>(call);
    case BINARY_ADD_POWERS:
    case BINARY_SUB_POWERS:
      return powers(call);
    default:
      return stored<T>(call);
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
