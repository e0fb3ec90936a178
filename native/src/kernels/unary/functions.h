// unary: the functions as objects, and which of them the parameters ask for. CPUs and GPUs compute by these; internal
// linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_UNARY_FUNCTIONS_H_
#define SINTER_KERNELS_UNARY_FUNCTIONS_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/unary/op.h"

namespace sinter {
namespace {

// ---- floats ---------------------------------------------------------------------------------------

SINTER_HOST_DEVICE inline float logistic(float x) {
  return 1.0f / (1.0f + expf(-x));
}

SINTER_HOST_DEVICE inline float gelu(float x) {
  return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
}

SINTER_HOST_DEVICE inline float gelu_approximate(float x) {
  return 0.5f * x * (1.0f + tanhf(0.79788456080286536f * (x + 0.044715f * x * x * x)));
}

SINTER_HOST_DEVICE inline float hard_swish(float x) {
  const float clamped = x + 3.0f < 0.0f ? 0.0f : x + 3.0f > 6.0f ? 6.0f : x + 3.0f;
  return x * clamped * (1.0f / 6.0f);
}

#define SINTER_REAL(Name, expression)                    \
  struct Name {                                          \
    typedef float Element;                               \
    SINTER_HOST_DEVICE float operator()(float x) const { \
      return expression;                                 \
    }                                                    \
  }
SINTER_REAL(Abs, fabsf(x));
SINTER_REAL(Neg, -x);
SINTER_REAL(Square, x* x);
SINTER_REAL(Sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x);
SINTER_REAL(Exp, expf(x));
SINTER_REAL(Log, logf(x));
SINTER_REAL(Sqrt, sqrtf(x));
SINTER_REAL(Rsqrt, 1.0f / sqrtf(x));
SINTER_REAL(Sin, sinf(x));
SINTER_REAL(Cos, cosf(x));
SINTER_REAL(Floor, floorf(x));
SINTER_REAL(Ceil, ceilf(x));
SINTER_REAL(Round, rintf(x));  // halves to even
SINTER_REAL(Logistic, logistic(x));
SINTER_REAL(Tanh, tanhf(x));
SINTER_REAL(HardSwish, hard_swish(x));
SINTER_REAL(Elu, x < 0.0f ? expm1f(x) : x);
SINTER_REAL(Gelu, gelu(x));
SINTER_REAL(GeluApproximate, gelu_approximate(x));
SINTER_REAL(Silu, x* logistic(x));
#undef SINTER_REAL

template <class Visit>
void visit_real(const UnaryParams& p, const Visit& visit) {
  switch (p.function) {
    case UNARY_ABS:
      return visit(Abs());
    case UNARY_NEG:
      return visit(Neg());
    case UNARY_SQUARE:
      return visit(Square());
    case UNARY_SIGN:
      return visit(Sign());
    case UNARY_EXP:
      return visit(Exp());
    case UNARY_LOG:
      return visit(Log());
    case UNARY_SQRT:
      return visit(Sqrt());
    case UNARY_RSQRT:
      return visit(Rsqrt());
    case UNARY_SIN:
      return visit(Sin());
    case UNARY_COS:
      return visit(Cos());
    case UNARY_FLOOR:
      return visit(Floor());
    case UNARY_CEIL:
      return visit(Ceil());
    case UNARY_ROUND:
      return visit(Round());
    case UNARY_LOGISTIC:
      return visit(Logistic());
    case UNARY_TANH:
      return visit(Tanh());
    case UNARY_HARD_SWISH:
      return visit(HardSwish());
    case UNARY_ELU:
      return visit(Elu());
    case UNARY_GELU:
      return visit(Gelu());
    case UNARY_SILU:
      return visit(Silu());
    default:
      return visit(GeluApproximate());
  }
}

// ---- whole numbers, which wrap around -------------------------------------------------------------

#define SINTER_WHOLE(Name, expression)           \
  template <class T>                             \
  struct Name {                                  \
    typedef T Element;                           \
    typedef uint64_t U;                          \
    SINTER_HOST_DEVICE T operator()(T x) const { \
      return static_cast<T>(expression);         \
    }                                            \
  }
SINTER_WHOLE(WholeAbs, x < 0 ? 0 - static_cast<U>(x) : static_cast<U>(x));
SINTER_WHOLE(WholeNeg, 0 - static_cast<U>(x));
SINTER_WHOLE(WholeSquare, static_cast<U>(x) * static_cast<U>(x));
SINTER_WHOLE(WholeSign, (x > 0) - (x < 0));
#undef SINTER_WHOLE

template <class T, class Visit>
void visit_whole(const UnaryParams& p, const Visit& visit) {
  switch (p.function) {
    case UNARY_ABS:
      return visit(WholeAbs<T>());
    case UNARY_NEG:
      return visit(WholeNeg<T>());
    case UNARY_SQUARE:
      return visit(WholeSquare<T>());
    default:
      return visit(WholeSign<T>());
  }
}

struct Not {
  typedef uint8_t Element;
  SINTER_HOST_DEVICE uint8_t operator()(uint8_t x) const {
    return x == 0;
  }
};

// ---- tfl.leaky_relu on int16, zero points 0 -------------------------------------------------------

struct LeakyRelu16 {
  typedef int16_t Element;
  FixedFactor above, below;
  bool negate;

  explicit LeakyRelu16(const UnaryParams& p)
      : above(fixed_factor(static_cast<double>(p.in_scale / p.out_scale))),
        below(fixed_factor(static_cast<double>(p.in_scale * p.alpha / p.out_scale))),
        negate(below.mantissa < 0) {
    if (negate) below.mantissa = -below.mantissa;
  }
  SINTER_HOST_DEVICE int16_t operator()(int16_t x) const {
    int32_t value = fixed_multiply(x, x >= 0 ? above : below);
    if (x < 0 && negate) value = -value;
    return static_cast<int16_t>(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_UNARY_FUNCTIONS_H_
