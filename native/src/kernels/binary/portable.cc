// binary on plain numbers: floats, integers, comparisons. Loops that the compiler vectorizes.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include <limits.h>
#include <math.h>

#include "kernels/binary/loop.h"
#include "kernels/binary/op.h"
#include "kernels/binary/whole.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {
namespace {

template <class F>
void real(const Call* call, const F& f) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const float low = p.act_min, high = p.act_max;
  binary_loop<float, float>(call, [=](float a, float b) {
    float value = f(a, b);
    value = value < low ? low : value;  // NaN stays
    return value > high ? high : value;
  });
}

// Arithmetic wraps around, as the machine's does.
template <class T>
void whole(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const T low = p.out_min == INT_MIN && sizeof(T) == 8 ? static_cast<T>(LLONG_MIN) : static_cast<T>(p.out_min);
  const T high = p.out_max == INT_MAX && sizeof(T) == 8 ? static_cast<T>(LLONG_MAX) : static_cast<T>(p.out_max);
  const auto each = [=](const auto& f) {
    binary_loop<T, T>(call, [=](T a, T b) {
      T value = f(a, b);
      value = value < low ? low : value;
      return value > high ? high : value;
    });
  };
  typedef uint64_t U;
  switch (p.function) {
    case BINARY_ADD:
      return each([](T a, T b) { return static_cast<T>(static_cast<U>(a) + static_cast<U>(b)); });
    case BINARY_SUB:
      return each([](T a, T b) { return static_cast<T>(static_cast<U>(a) - static_cast<U>(b)); });
    case BINARY_MUL:
      return each([](T a, T b) { return static_cast<T>(static_cast<U>(a) * static_cast<U>(b)); });
    case BINARY_SQUARED_DIFFERENCE:
      return each([](T a, T b) {
        const U d = static_cast<U>(a) - static_cast<U>(b);
        return static_cast<T>(d * d);
      });
    case BINARY_DIV:
      return any_zero<T>(call, 0) ? void() : each(quotient<T>);
    case BINARY_POW:
      return each(power<T>);
    default:
      return stored<T>(call);
  }
}

// What TFLite compares instead of a stored number: 256 times its distance to the zero point times the scale, in whole
// numbers (tfl.compare).
struct Ordered {
  int32_t zero_point;
  FixedFactor factor;
  int32_t operator()(int32_t x) const {
    return fixed_multiply((x - zero_point) * 256, factor);
  }
};

// out[i] = f(a, b), of positions where the operands have scales.
template <class T, class F>
void ordered(const Call* call, const F& f) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  if (p.a_scale == 0.0f) return binary_loop<T, uint8_t>(call, [=](T a, T b) -> uint8_t { return f(a, b); });
  const Ordered x = {p.a_zero_point, fixed_factor(static_cast<double>(p.a_scale))};
  const Ordered y = {p.b_zero_point, fixed_factor(static_cast<double>(p.b_scale))};
  binary_loop<T, uint8_t>(
      call, [=](T a, T b) -> uint8_t { return f(x(static_cast<int32_t>(a)), y(static_cast<int32_t>(b))); });
}

template <class T>
void compare(const Call* call) {
  const auto less = [](auto a, auto b) { return a < b; };
  const auto most = [](auto a, auto b) { return a <= b; };
  const auto greater = [](auto a, auto b) { return a > b; };
  const auto least = [](auto a, auto b) { return a >= b; };
  const auto equal = [](auto a, auto b) { return a == b; };
  const auto differ = [](auto a, auto b) { return a != b; };
  switch (static_cast<const BinaryParams*>(call->params)->function) {
    case BINARY_LESS:
      return ordered<T>(call, less);
    case BINARY_LESS_EQUAL:
      return ordered<T>(call, most);
    case BINARY_GREATER:
      return ordered<T>(call, greater);
    case BINARY_GREATER_EQUAL:
      return ordered<T>(call, least);
    case BINARY_EQUAL:
      return ordered<T>(call, equal);
    default:
      return ordered<T>(call, differ);
  }
}

float floor_mod(float a, float b) {
  const float r = fmodf(a, b);
  return r != 0.0f && ((r < 0.0f) != (b < 0.0f)) ? r + b : r;
}

}  // namespace

void binary_f32_reference(const Call* call) {
  switch (static_cast<const BinaryParams*>(call->params)->function) {
    case BINARY_ADD:
      return real(call, [](float a, float b) { return a + b; });
    case BINARY_SUB:
      return real(call, [](float a, float b) { return a - b; });
    case BINARY_MUL:
      return real(call, [](float a, float b) { return a * b; });
    case BINARY_DIV:
      return real(call, [](float a, float b) { return a / b; });
    case BINARY_MAX:
      return real(call, [](float a, float b) { return a > b ? a : b; });
    case BINARY_MIN:
      return real(call, [](float a, float b) { return a < b ? a : b; });
    case BINARY_POW:
      return real(call, [](float a, float b) { return powf(a, b); });
    case BINARY_SQUARED_DIFFERENCE:
      return real(call, [](float a, float b) { return (a - b) * (a - b); });
    case BINARY_FLOOR_DIV:
      return any_zero<float>(call, 0.0f) ? void() : real(call, [](float a, float b) { return floorf(a / b); });
    case BINARY_FLOOR_MOD:
      return real(call, floor_mod);
    case BINARY_PRELU:
      return real(call, [](float a, float b) { return a >= 0.0f ? a : a * b; });
    default:
      return real(call, [](float a, float b) { return atan2f(a, b); });
  }
}

void binary_s32_reference(const Call* call) {
  whole<int32_t>(call);
}
void binary_s64_reference(const Call* call) {
  whole<int64_t>(call);
}
void binary_compare_f32_reference(const Call* call) {
  compare<float>(call);
}
void binary_compare_s32_reference(const Call* call) {
  compare<int32_t>(call);
}
void binary_compare_s64_reference(const Call* call) {
  compare<int64_t>(call);
}
void binary_compare_s8_reference(const Call* call) {
  compare<int8_t>(call);
}
void binary_compare_u8_reference(const Call* call) {
  compare<uint8_t>(call);
}
void binary_compare_s16_reference(const Call* call) {
  compare<int16_t>(call);
}
void binary_compare_bool_reference(const Call* call) {
  switch (static_cast<const BinaryParams*>(call->params)->function) {
    case BINARY_AND:
      return binary_loop<uint8_t, uint8_t>(call, [](uint8_t a, uint8_t b) -> uint8_t { return a != 0 && b != 0; });
    case BINARY_OR:
      return binary_loop<uint8_t, uint8_t>(call, [](uint8_t a, uint8_t b) -> uint8_t { return a != 0 || b != 0; });
    case BINARY_EQUAL:
      return binary_loop<uint8_t, uint8_t>(call, [](uint8_t a, uint8_t b) -> uint8_t { return a == b; });
    default:
      return binary_loop<uint8_t, uint8_t>(call, [](uint8_t a, uint8_t b) -> uint8_t { return a != b; });
  }
}

}  // namespace sinter
