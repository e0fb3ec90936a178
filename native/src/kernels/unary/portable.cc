// unary: one loop per function; the compiler vectorizes those without a library call.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include <math.h>

#include "core/workers.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/unary/op.h"

namespace sinter {
namespace {

template <class Plain, class F>
void each(const Call* call, const F& f) {
  typedef Plain T __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
  const int64_t count = static_cast<const UnaryParams*>(call->params)->count;
  const T* in = static_cast<const T*>(call->slots[UNARY_IN]);
  T* out = static_cast<T*>(call->slots[UNARY_OUT]);
  const int64_t part = 8192, parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    for (int64_t i = index * part; i < end; i++) out[i] = f(in[i]);
  });
}

template <class T>
void whole(const Call* call) {
  switch (static_cast<const UnaryParams*>(call->params)->function) {
    case UNARY_ABS:
      return each<T>(call, [](T x) { return x < 0 ? static_cast<T>(0 - static_cast<uint64_t>(x)) : x; });
    case UNARY_NEG:
      return each<T>(call, [](T x) { return static_cast<T>(0 - static_cast<uint64_t>(x)); });
    case UNARY_SQUARE:
      return each<T>(call, [](T x) { return static_cast<T>(static_cast<uint64_t>(x) * static_cast<uint64_t>(x)); });
    default:
      return each<T>(call, [](T x) { return static_cast<T>((x > 0) - (x < 0)); });
  }
}

float logistic(float x) {
  return 1.0f / (1.0f + expf(-x));
}

float gelu(float x) {
  return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
}

float gelu_approximate(float x) {
  return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

float hard_swish(float x) {
  const float clamped = x + 3.0f < 0.0f ? 0.0f : x + 3.0f > 6.0f ? 6.0f : x + 3.0f;
  return x * clamped * (1.0f / 6.0f);
}

}  // namespace

void unary_f32_reference(const Call* call) {
  switch (static_cast<const UnaryParams*>(call->params)->function) {
    case UNARY_ABS:
      return each<float>(call, [](float x) { return fabsf(x); });
    case UNARY_NEG:
      return each<float>(call, [](float x) { return -x; });
    case UNARY_SQUARE:
      return each<float>(call, [](float x) { return x * x; });
    case UNARY_SIGN:
      return each<float>(call, [](float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; });
    case UNARY_EXP:
      return each<float>(call, [](float x) { return expf(x); });
    case UNARY_LOG:
      return each<float>(call, [](float x) { return logf(x); });
    case UNARY_SQRT:
      return each<float>(call, [](float x) { return sqrtf(x); });
    case UNARY_RSQRT:
      return each<float>(call, [](float x) { return 1.0f / sqrtf(x); });
    case UNARY_SIN:
      return each<float>(call, [](float x) { return sinf(x); });
    case UNARY_COS:
      return each<float>(call, [](float x) { return cosf(x); });
    case UNARY_FLOOR:
      return each<float>(call, [](float x) { return floorf(x); });
    case UNARY_CEIL:
      return each<float>(call, [](float x) { return ceilf(x); });
    case UNARY_ROUND:
      return each<float>(call, [](float x) { return rintf(x); });  // halves to even
    case UNARY_LOGISTIC:
      return each<float>(call, logistic);
    case UNARY_TANH:
      return each<float>(call, [](float x) { return tanhf(x); });
    case UNARY_HARD_SWISH:
      return each<float>(call, hard_swish);
    case UNARY_ELU:
      return each<float>(call, [](float x) { return x < 0.0f ? expm1f(x) : x; });
    case UNARY_GELU:
      return each<float>(call, gelu);
    default:
      return each<float>(call, gelu_approximate);
  }
}

void unary_s32_reference(const Call* call) {
  whole<int32_t>(call);
}

void unary_s64_reference(const Call* call) {
  whole<int64_t>(call);
}

void unary_bool_reference(const Call* call) {
  each<uint8_t>(call, [](uint8_t x) -> uint8_t { return x == 0; });
}

// tfl.leaky_relu on int16, zero points 0.
void unary_s16_reference(const Call* call) {
  const UnaryParams& p = *static_cast<const UnaryParams*>(call->params);
  const FixedFactor above = fixed_factor(static_cast<double>(p.in_scale / p.out_scale));
  FixedFactor below = fixed_factor(static_cast<double>(p.in_scale * p.alpha / p.out_scale));
  const bool negate = below.mantissa < 0;
  if (negate) below.mantissa = -below.mantissa;
  each<int16_t>(call, [=](int16_t x) {
    int32_t value = fixed_multiply(x, x >= 0 ? above : below);
    if (x < 0 && negate) value = -value;
    return static_cast<int16_t>(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
  });
}

}  // namespace sinter
