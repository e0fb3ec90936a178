// binary on quantized numbers: xnn.add, tfl.add, xnn.mul, tfl.mul and what TFLite's own kernels alone define, as
// objects like those of functions.h; internal linkage throughout. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_QUANTIZED_H_
#define SINTER_KERNELS_BINARY_QUANTIZED_H_

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/host_device.h"
#include "kernels/binary/functions.h"
#include "kernels/binary/op.h"
#include "kernels/binary/powers.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {
namespace {

// What all results go through, and the operands' zero points.
struct Range {
  int32_t low, high, zero, a_zero, b_zero;

  explicit Range(const BinaryParams& p)
      : low(p.out_min), high(p.out_max), zero(p.out_zero_point), a_zero(p.a_zero_point), b_zero(p.b_zero_point) {}
  template <class T, class Wide>
  SINTER_HOST_DEVICE T bounded(Wide value) const {
    value = value < low ? low : value;
    return static_cast<T>(value > high ? high : value);
  }
};

// ---- sums and differences: one shift for both (xnn.add), or three fixed-point factors (tfl.add) ----

inline bool ratio_ok(float ratio) {
  return ratio >= 0.0009765625f && ratio < 256.0f;
}

template <class T>
struct SumByShift : Maps<T, T> {
  Range range;
  int32_t bias, a_multiplier, b_multiplier, shift;

  explicit SumByShift(const BinaryParams& p) : range(p) {
    const float a_ratio = p.a_scale / p.out_scale, b_ratio = p.b_scale / p.out_scale;
    const float largest = a_ratio > b_ratio ? a_ratio : b_ratio;
    uint32_t bits;
    memcpy(&bits, &largest, 4);
    shift = 20 - (static_cast<int32_t>(bits >> 23) - 127);
    const float power = static_cast<float>(int64_t{1} << shift);
    a_multiplier = static_cast<int32_t>(lrintf(a_ratio * power));
    b_multiplier = (p.function == BINARY_SUB ? -1 : 1) * static_cast<int32_t>(lrintf(b_ratio * power));
    bias = (1 << (shift - 1)) - a_multiplier * p.a_zero_point - b_multiplier * p.b_zero_point;
  }
  SINTER_HOST_DEVICE T operator()(T a, T b) const {
    return range.bounded<T>(((bias + a * a_multiplier + b * b_multiplier) >> shift) + range.zero);
  }
};

template <class T>
struct SumByFactors : Maps<T, T> {
  Range range;
  FixedFactor a_factor, b_factor, out_factor;
  int32_t left;
  bool minus;

  explicit SumByFactors(const BinaryParams& p)
      : range(p), left(sizeof(T) == 2 ? 15 : 20), minus(p.function == BINARY_SUB) {
    const double twice = 2.0 * (p.a_scale > p.b_scale ? p.a_scale : p.b_scale);
    a_factor = fixed_factor(p.a_scale / twice);
    b_factor = fixed_factor(p.b_scale / twice);
    // As TFLite has it: the shifted scale is a float.
    out_factor = fixed_factor(twice / (static_cast<float>(1 << left) * p.out_scale));
  }
  SINTER_HOST_DEVICE T operator()(T a, T b) const {
    const int32_t x = fixed_multiply((a - range.a_zero) * (1 << left), a_factor);
    const int32_t y = fixed_multiply((b - range.b_zero) * (1 << left), b_factor);
    return range.bounded<T>(fixed_multiply(minus ? x - y : x + y, out_factor) + range.zero);
  }
};

// ---- products -------------------------------------------------------------------------------------

template <class T>
struct ProductByFloat : Maps<T, T> {  // xnn.mul
  Range range;
  float scale, lowest, highest;

  explicit ProductByFloat(const BinaryParams& p)
      : range(p),
        scale(p.a_scale * p.b_scale / p.out_scale),
        lowest(static_cast<float>(range.low - range.zero)),
        highest(static_cast<float>(range.high - range.zero)) {}
  static bool holds(const BinaryParams& p) {
    const float scale = p.a_scale * p.b_scale / p.out_scale;
    return scale >= 1.52587890625e-5f && scale < 256.0f;
  }
  SINTER_HOST_DEVICE T operator()(T a, T b) const {
    float value = static_cast<float>((a - range.a_zero) * (b - range.b_zero)) * scale;
    value = value > lowest ? value : lowest;
    value = value < highest ? value : highest;
    return static_cast<T>(static_cast<int32_t>(lrintf(value)) + range.zero);
  }
};

template <class T>
struct ProductByFactor : Maps<T, T> {
  Range range;
  FixedFactor factor;
  int32_t left, right;

  explicit ProductByFactor(const BinaryParams& p)
      : range(p), factor(fixed_factor(static_cast<double>(p.a_scale * p.b_scale / p.out_scale))) {
    // The product wraps in 32 bits when it is shifted to the left, by what is left of the count in 5 bits: TFLite's
    // arithmetic on x86, which models with broken scales meet.
    left = factor.shift > 0 ? factor.shift & 31 : 0;
    right = factor.shift > 0 ? 0 : -factor.shift;
  }
  SINTER_HOST_DEVICE T operator()(T a, T b) const {
    const uint32_t x = static_cast<uint32_t>((a - range.a_zero) * (b - range.b_zero));
    const int64_t high_part = (int64_t{static_cast<int32_t>(x << left)} * factor.mantissa + (int64_t{1} << 30)) >> 31;
    int64_t value = high_part;
    if (right > 0) value = (high_part + (int64_t{1} << (right - 1)) + (high_part >> 63)) >> right;
    return range.bounded<T>(value + range.zero);
  }
};

// tfl.squared_difference: both operands in units of twice the larger scale with 7 bits behind the point.
template <class T>
struct SquaredDifference : Maps<T, T> {
  Range range;
  FixedFactor a_factor, b_factor, out_factor;

  explicit SquaredDifference(const BinaryParams& p) : range(p) {
    const double twice = static_cast<double>(2.0f * (p.a_scale > p.b_scale ? p.a_scale : p.b_scale));
    a_factor = fixed_factor(static_cast<double>(p.a_scale) / twice);
    b_factor = fixed_factor(static_cast<double>(p.b_scale) / twice);
    out_factor = fixed_factor(twice * twice / static_cast<double>(16384.0f * p.out_scale));
  }
  SINTER_HOST_DEVICE T operator()(T a, T b) const {
    const int32_t d =
        fixed_multiply((a - range.a_zero) * 128, a_factor) - fixed_multiply((b - range.b_zero) * 128, b_factor);
    return range.bounded<T>(fixed_multiply(d * d, out_factor) + range.zero);
  }
};

// tfl.prelu: one factor for what is not negative, another for products with the slope.
template <class T>
struct Prelu : Maps<T, T> {
  Range range;
  FixedFactor kept, bent;

  explicit Prelu(const BinaryParams& p)
      : range(p),
        kept(fixed_factor(static_cast<double>(p.a_scale / p.out_scale))),
        bent(fixed_factor(static_cast<double>(p.a_scale * p.b_scale / p.out_scale))) {}
  SINTER_HOST_DEVICE T operator()(T a, T b) const {
    const int32_t x = a - range.a_zero, y = x * (b - range.b_zero);
    return range.bounded<T>((x >= 0 ? fixed_multiply(x, kept) : fixed_multiply(y, bent)) + range.zero);
  }
};

// ---- tfl.div: by way of the reciprocal of the divisor's distance to its zero point -----------------

// The high half of twice the product, rounded, halves up.
SINTER_HOST_DEVICE inline int32_t doubled_high(int32_t a, int32_t b) {
  return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 30)) >> 31);
}

SINTER_HOST_DEVICE inline int32_t saturated_left(int32_t x, int by) {
  const int64_t value = int64_t{x} * (int64_t{1} << by);
  return static_cast<int32_t>(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
}

// 2^31 / (x * 2^(1 - headroom)) for x > 0, by three steps of Newton's method, with 31 - headroom as `over`.
SINTER_HOST_DEVICE inline int32_t reciprocal(int32_t x, int32_t* over) {
  const int32_t leading = leading_zeros(static_cast<uint32_t>(x));
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

template <class T>
struct Division {
  typedef T In;
  typedef T Out;
  static constexpr bool divides = true;
  Range range;
  FixedFactor factor;

  explicit Division(const BinaryParams& p)
      : range(p), factor(fixed_factor(static_cast<double>(p.a_scale / (p.b_scale * p.out_scale)))) {}
  T zero() const {
    return static_cast<T>(range.b_zero);
  }
  SINTER_HOST_DEVICE T operator()(T a, T b) const {
    int32_t x = a - range.a_zero, y = b - range.b_zero, over;
    if (y < 0) {
      x = -x;
      y = -y;
    }
    if (y == 0) y = 1;  // a fault
    const int32_t inverse = reciprocal(y, &over);
    // The number of bits behind the sign that repeat it.
    const int32_t headroom = x == 0 ? 31 : leading_zeros(static_cast<uint32_t>(x ^ (x >> 31)) << 1 | 1u);
    const int32_t quotient = doubled_high(static_cast<int32_t>(static_cast<uint32_t>(x) << headroom), inverse);
    const int32_t right = over + headroom - factor.shift;
    // Rounded to the nearest, halves away from zero, for 0 to 31 bits. Beyond, TFLite shifts by what is left of the
    // count in 5 bits, as x86 has it, and adds 1 to what is not negative; so do we.
    const int32_t high_part = doubled_high(quotient, factor.mantissa);
    int64_t value = high_part;
    if (right > 0 && right < 32) value = (value + (int64_t{1} << (right - 1)) + (value >> 63)) >> right;
    if (right < 0 || right > 31) value = (high_part >> (right & 31)) + (high_part >= 0 ? 1 : 0);
    return range.bounded<T>(value + range.zero);
  }
};

// ---- tfl.add16: scales that are powers of two. One operand is shifted to the result's scale, halves away from zero --

struct SumOfPowers : Maps<int16_t, int16_t> {
  Range range;
  int32_t a_shift, b_shift, sign;

  explicit SumOfPowers(const BinaryParams& p)
      : range(p),
        a_shift(shift_of(p.a_scale, p.out_scale)),
        b_shift(shift_of(p.b_scale, p.out_scale)),
        sign(p.function == BINARY_SUB_POWERS ? -1 : 1) {}
  SINTER_HOST_DEVICE static int32_t scaled(int32_t x, int32_t shift) {
    return shift == 0 ? x : (x + (1 << (shift - 1)) + (x >> 31)) >> shift;
  }
  SINTER_HOST_DEVICE int16_t operator()(int16_t a, int16_t b) const {
    return range.bounded<int16_t>(scaled(a, a_shift) + sign * scaled(b, b_shift));
  }
};

// ---- which of them --------------------------------------------------------------------------------

template <class T, class Visit>
void visit_quantized(const BinaryParams& p, const Visit& visit) {
  switch (p.function) {
    case BINARY_ADD:
    case BINARY_SUB:
      if constexpr (sizeof(T) == 1) {
        if (ratio_ok(p.a_scale / p.out_scale) && ratio_ok(p.b_scale / p.out_scale)) return visit(SumByShift<T>(p));
      }
      return visit(SumByFactors<T>(p));
    case BINARY_MUL:
      if constexpr (sizeof(T) == 1) {
        if (ProductByFloat<T>::holds(p)) return visit(ProductByFloat<T>(p));
      }
      return visit(ProductByFactor<T>(p));
    case BINARY_DIV:
      return visit(Division<T>(p));
    case BINARY_SQUARED_DIFFERENCE:  // of int8 alone
      if constexpr (sizeof(T) == 1 && static_cast<T>(-1) < 0) return visit(SquaredDifference<T>(p));
      return;
    case BINARY_PRELU:  // of 8 bits
      if constexpr (sizeof(T) == 1) return visit(Prelu<T>(p));
      return;
    case BINARY_ADD_POWERS:
    case BINARY_SUB_POWERS:
      if constexpr (sizeof(T) == 2) return visit(SumOfPowers(p));
      return;
    default:
      return visit.template stored<T>(p);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_QUANTIZED_H_
