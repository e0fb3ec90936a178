// binary on plain numbers: the functions as objects, and which of them the parameters ask for. CPUs and GPUs compute by
// these; internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
//
// A function has types In and Out, operator()(a, b), and `divides`: then zero() is the divisor that is a fault.
#ifndef SINTER_KERNELS_BINARY_FUNCTIONS_H_
#define SINTER_KERNELS_BINARY_FUNCTIONS_H_

#include <limits.h>
#include <math.h>
#include <stdint.h>

#include <type_traits>

#include "core/host_device.h"
#include "kernels/binary/op.h"
#include "kernels/binary/whole.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {
namespace {

template <class A, class B>
struct Maps {
  typedef A In;
  typedef B Out;
  static constexpr bool divides = false;
};
template <class A, class B>
struct Divides {
  typedef A In;
  typedef B Out;
  static constexpr bool divides = true;
  A zero() const {
    return 0;
  }
};

// ---- floats ---------------------------------------------------------------------------------------

#if defined(__CUDA_ARCH__)
// The library of GPUs is less exact in floats than what TFLite's are compared with.
#define SINTER_BY_DOUBLES(f, a, b) static_cast<float>(f(static_cast<double>(a), static_cast<double>(b)))
#define SINTER_POW(a, b) SINTER_BY_DOUBLES(pow, a, b)
#define SINTER_ATAN2(a, b) SINTER_BY_DOUBLES(atan2, a, b)
#else
#define SINTER_POW(a, b) powf(a, b)
#define SINTER_ATAN2(a, b) atan2f(a, b)
#endif

SINTER_HOST_DEVICE inline float float_floor_mod(float a, float b) {
  const float r = fmodf(a, b);
  return r != 0.0f && ((r < 0.0f) != (b < 0.0f)) ? r + b : r;
}

#define SINTER_REAL(Name, Base, expression)                       \
  struct Name : Base<float, float> {                              \
    SINTER_HOST_DEVICE float operator()(float a, float b) const { \
      return expression;                                          \
    }                                                             \
  }
SINTER_REAL(RealAdd, Maps, a + b);
SINTER_REAL(RealSub, Maps, a - b);
SINTER_REAL(RealMul, Maps, a* b);
SINTER_REAL(RealDiv, Maps, a / b);
SINTER_REAL(RealMax, Maps, a > b ? a : b);
SINTER_REAL(RealMin, Maps, a < b ? a : b);
SINTER_REAL(RealPow, Maps, SINTER_POW(a, b));
SINTER_REAL(RealSquaredDifference, Maps, (a - b) * (a - b));
SINTER_REAL(RealFloorDiv, Divides, floorf(a / b));
SINTER_REAL(RealFloorMod, Maps, float_floor_mod(a, b));
SINTER_REAL(RealPrelu, Maps, a >= 0.0f ? a : a * b);
SINTER_REAL(RealAtan2, Maps, SINTER_ATAN2(a, b));
#undef SINTER_REAL

// A function, then bounds.
template <class F>
struct Bounded : F {
  typename F::Out low, high;
  Bounded(typename F::Out lowest, typename F::Out highest) : low(lowest), high(highest) {}
  SINTER_HOST_DEVICE typename F::Out operator()(typename F::In a, typename F::In b) const {
    typename F::Out value = F::operator()(a, b);
    value = value < low ? low : value;  // NaN stays
    return value > high ? high : value;
  }
};

template <class Visit>
void visit_real(const BinaryParams& p, const Visit& visit) {
  const float low = p.act_min, high = p.act_max;
  switch (p.function) {
    case BINARY_ADD:
      return visit(Bounded<RealAdd>(low, high));
    case BINARY_SUB:
      return visit(Bounded<RealSub>(low, high));
    case BINARY_MUL:
      return visit(Bounded<RealMul>(low, high));
    case BINARY_DIV:
      return visit(Bounded<RealDiv>(low, high));
    case BINARY_MAX:
      return visit(Bounded<RealMax>(low, high));
    case BINARY_MIN:
      return visit(Bounded<RealMin>(low, high));
    case BINARY_POW:
      return visit(Bounded<RealPow>(low, high));
    case BINARY_SQUARED_DIFFERENCE:
      return visit(Bounded<RealSquaredDifference>(low, high));
    case BINARY_FLOOR_DIV:
      return visit(Bounded<RealFloorDiv>(low, high));
    case BINARY_FLOOR_MOD:
      return visit(Bounded<RealFloorMod>(low, high));
    case BINARY_PRELU:
      return visit(Bounded<RealPrelu>(low, high));
    default:
      return visit(Bounded<RealAtan2>(low, high));
  }
}

// ---- whole numbers: arithmetic wraps around, as the machine's does --------------------------------

// U: what wraps around as T does. Of 64 bits for T of 32, vectors would hold half as many.
#define SINTER_WHOLE(Name, Base, expression)                                       \
  template <class T>                                                               \
  struct Name : Base<T, T> {                                                       \
    typedef typename std::conditional<sizeof(T) == 8, uint64_t, uint32_t>::type U; \
    SINTER_HOST_DEVICE T operator()(T a, T b) const {                              \
      return static_cast<T>(expression);                                           \
    }                                                                              \
  }
SINTER_WHOLE(WholeAdd, Maps, static_cast<U>(a) + static_cast<U>(b));
SINTER_WHOLE(WholeSub, Maps, static_cast<U>(a) - static_cast<U>(b));
SINTER_WHOLE(WholeMul, Maps, static_cast<U>(a) * static_cast<U>(b));
SINTER_WHOLE(WholeSquaredDifference, Maps,
             (static_cast<U>(a) - static_cast<U>(b)) * (static_cast<U>(a) - static_cast<U>(b)));
SINTER_WHOLE(WholeDiv, Divides, quotient(a, b));
SINTER_WHOLE(WholePow, Maps, power(a, b));
SINTER_WHOLE(StoredMax, Maps, a > b ? a : b);
SINTER_WHOLE(StoredMin, Maps, a < b ? a : b);
SINTER_WHOLE(StoredFloorDiv, Divides, floor_quotient(a, b));
SINTER_WHOLE(StoredFloorMod, Divides, floor_remainder(a, b));
SINTER_WHOLE(StoredXor, Maps, a ^ b);
SINTER_WHOLE(StoredShift, Maps, shifted(a, b));
#undef SINTER_WHOLE

// Functions of stored numbers of any width.
template <class T, class Visit>
void visit_stored(const BinaryParams& p, const Visit& visit) {
  switch (p.function) {
    case BINARY_MAX:
      return visit(StoredMax<T>());
    case BINARY_MIN:
      return visit(StoredMin<T>());
    case BINARY_FLOOR_DIV:
      return visit(StoredFloorDiv<T>());
    case BINARY_FLOOR_MOD:
      return visit(StoredFloorMod<T>());
    case BINARY_XOR:
      return visit(StoredXor<T>());
    default:
      return visit(StoredShift<T>());
  }
}

// Bounds, of which those of 32 bits are none for 64.
template <class T>
T whole_low(const BinaryParams& p) {
  return p.out_min == INT_MIN && sizeof(T) == 8 ? static_cast<T>(LLONG_MIN) : static_cast<T>(p.out_min);
}
template <class T>
T whole_high(const BinaryParams& p) {
  return p.out_max == INT_MAX && sizeof(T) == 8 ? static_cast<T>(LLONG_MAX) : static_cast<T>(p.out_max);
}

template <class T, class Visit>
void visit_whole(const BinaryParams& p, const Visit& visit) {
  const T low = whole_low<T>(p), high = whole_high<T>(p);
  switch (p.function) {
    case BINARY_ADD:
      return visit(Bounded<WholeAdd<T>>(low, high));
    case BINARY_SUB:
      return visit(Bounded<WholeSub<T>>(low, high));
    case BINARY_MUL:
      return visit(Bounded<WholeMul<T>>(low, high));
    case BINARY_SQUARED_DIFFERENCE:
      return visit(Bounded<WholeSquaredDifference<T>>(low, high));
    case BINARY_DIV:
      return visit(Bounded<WholeDiv<T>>(low, high));
    case BINARY_POW:
      return visit(Bounded<WholePow<T>>(low, high));
    default:
      return visit_stored<T>(p, visit);
  }
}

// ---- comparisons ----------------------------------------------------------------------------------

// What is compared: stored numbers as they are.
template <class T>
struct AsStored {
  typedef T In;
  SINTER_HOST_DEVICE T a(T x) const {
    return x;
  }
  SINTER_HOST_DEVICE T b(T x) const {
    return x;
  }
};
// Or 256 times the distance to the zero point times the scale, in whole numbers (tfl.compare).
template <class T>
struct AsOrdered {
  typedef T In;
  int32_t a_zero_point, b_zero_point;
  FixedFactor a_factor, b_factor;
  SINTER_HOST_DEVICE int32_t a(T x) const {
    return fixed_multiply((static_cast<int32_t>(x) - a_zero_point) * 256, a_factor);
  }
  SINTER_HOST_DEVICE int32_t b(T x) const {
    return fixed_multiply((static_cast<int32_t>(x) - b_zero_point) * 256, b_factor);
  }
};

#define SINTER_COMPARISON(Name, operation)                                              \
  template <class As>                                                                   \
  struct Name : Maps<typename As::In, uint8_t> {                                        \
    As as;                                                                              \
    SINTER_HOST_DEVICE explicit Name(const As& how) : as(how) {}                        \
    SINTER_HOST_DEVICE uint8_t operator()(typename As::In a, typename As::In b) const { \
      return as.a(a) operation as.b(b);                                                 \
    }                                                                                   \
  }
SINTER_COMPARISON(Less, <);
SINTER_COMPARISON(LessEqual, <=);
SINTER_COMPARISON(Greater, >);
SINTER_COMPARISON(GreaterEqual, >=);
SINTER_COMPARISON(Equal, ==);
SINTER_COMPARISON(NotEqual, !=);
#undef SINTER_COMPARISON

template <class As, class Visit>
void visit_comparison_as(const BinaryParams& p, const As& as, const Visit& visit) {
  switch (p.function) {
    case BINARY_LESS:
      return visit(Less<As>(as));
    case BINARY_LESS_EQUAL:
      return visit(LessEqual<As>(as));
    case BINARY_GREATER:
      return visit(Greater<As>(as));
    case BINARY_GREATER_EQUAL:
      return visit(GreaterEqual<As>(as));
    case BINARY_EQUAL:
      return visit(Equal<As>(as));
    default:
      return visit(NotEqual<As>(as));
  }
}

// visit.compare(as), of stored numbers or, where the operands have scales, of ordered ones.
template <class T, class Visit>
void visit_comparison(const BinaryParams& p, const Visit& visit) {
  if constexpr (sizeof(T) < 4) {
    if (p.a_scale != 0.0f) {
      const AsOrdered<T> as = {p.a_zero_point, p.b_zero_point, fixed_factor(static_cast<double>(p.a_scale)),
                               fixed_factor(static_cast<double>(p.b_scale))};
      return visit.compare(as);
    }
  }
  return visit.compare(AsStored<T>());
}

struct And : Maps<uint8_t, uint8_t> {
  SINTER_HOST_DEVICE uint8_t operator()(uint8_t a, uint8_t b) const {
    return a != 0 && b != 0;
  }
};
struct Or : Maps<uint8_t, uint8_t> {
  SINTER_HOST_DEVICE uint8_t operator()(uint8_t a, uint8_t b) const {
    return a != 0 || b != 0;
  }
};

template <class Visit>
void visit_bool(const BinaryParams& p, const Visit& visit) {
  switch (p.function) {
    case BINARY_AND:
      return visit(And());
    case BINARY_OR:
      return visit(Or());
    default:
      return visit_comparison_as(p, AsStored<uint8_t>(), visit);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_FUNCTIONS_H_
