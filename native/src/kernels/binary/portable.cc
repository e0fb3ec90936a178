// binary on plain numbers: floats, integers, comparisons. Loops that the compiler vectorizes.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include <limits.h>
#include <math.h>

#include "kernels/binary/loop.h"
#include "kernels/binary/op.h"

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

// Division that neither traps nor overflows: by zero it gives 0, which TFLite refuses to compute.
template <class T>
T quotient(T a, T b) {
  return b == 0 ? 0 : b == -1 ? static_cast<T>(0 - static_cast<uint64_t>(a)) : static_cast<T>(a / b);
}

template <class T>
T power(T base, T exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? T{-1} : T{1}) : T{0};
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (uint64_t e = static_cast<uint64_t>(exponent); e; e >>= 1, factor *= factor) {
    if (e & 1) result *= factor;
  }
  return static_cast<T>(result);
}

// Arithmetic wraps around, as the machine's does.
template <class T>
T whole_function(int32_t function, T a, T b) {
  const uint64_t x = static_cast<uint64_t>(a), y = static_cast<uint64_t>(b);
  switch (function) {
    case BINARY_ADD:
      return static_cast<T>(x + y);
    case BINARY_SUB:
      return static_cast<T>(x - y);
    case BINARY_MUL:
      return static_cast<T>(x * y);
    case BINARY_DIV:
      return quotient(a, b);
    case BINARY_MAX:
      return a > b ? a : b;
    case BINARY_MIN:
      return a < b ? a : b;
    case BINARY_POW:
      return power(a, b);
    case BINARY_SQUARED_DIFFERENCE:
      return static_cast<T>((x - y) * (x - y));
    case BINARY_FLOOR_DIV: {
      const T q = quotient(a, b);
      return b != 0 && (a % (b == -1 ? 1 : b) != 0) && ((a < 0) != (b < 0)) ? q - 1 : q;
    }
    case BINARY_FLOOR_MOD: {
      const T r = b == 0 || b == -1 ? 0 : a % b;
      return r != 0 && ((r < 0) != (b < 0)) ? r + b : r;
    }
    case BINARY_XOR:
      return static_cast<T>(x ^ y);
    default: {  // a shift to the right, by at most all bits but the sign
      const T most = static_cast<T>(sizeof(T) * 8 - 1);
      return static_cast<T>(a >> (b < 0 ? 0 : b > most ? most : b));
    }
  }
}

template <class T>
void whole(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const int32_t function = p.function;
  const T low = p.out_min == INT_MIN && sizeof(T) == 8 ? static_cast<T>(LLONG_MIN) : static_cast<T>(p.out_min);
  const T high = p.out_max == INT_MAX && sizeof(T) == 8 ? static_cast<T>(LLONG_MAX) : static_cast<T>(p.out_max);
  binary_loop<T, T>(call, [=](T a, T b) {
    T value = whole_function(function, a, b);
    value = value < low ? low : value;
    return value > high ? high : value;
  });
}

template <class T>
void compare(const Call* call) {
  switch (static_cast<const BinaryParams*>(call->params)->function) {
    case BINARY_LESS:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a < b; });
    case BINARY_LESS_EQUAL:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a <= b; });
    case BINARY_GREATER:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a > b; });
    case BINARY_GREATER_EQUAL:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a >= b; });
    case BINARY_EQUAL:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a == b; });
    case BINARY_NOT_EQUAL:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a != b; });
    case BINARY_AND:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a != 0 && b != 0; });
    default:
      return binary_loop<T, uint8_t>(call, [](T a, T b) -> uint8_t { return a != 0 || b != 0; });
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
      return real(call, [](float a, float b) { return floorf(a / b); });
    case BINARY_FLOOR_MOD:
      return real(call, floor_mod);
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
  compare<uint8_t>(call);
}

}  // namespace sinter
