// unary of floats in vectors: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
//
// The polynomials and the quotient were fitted for this file: least squares in quadruple precision whose weights were
// raised where the error is large until it was even, which minimizes the largest error. What each leaves relative to
// its function stands beside it; the errors of whole functions, roundings included, are in README.md.
#ifndef SINTER_KERNELS_UNARY_VECTOR_H_
#define SINTER_KERNELS_UNARY_VECTOR_H_

#include <math.h>
#include <stdint.h>

#include "core/workers.h"
#include "kernels/unary/op.h"

namespace sinter {
namespace {

typedef V::F F;
typedef V::I I;

template <int N>
SINTER_LANE F polynomial(F x, const float (&terms)[N]) {  // the highest term first
  F sum = V::set(terms[0]);
#pragma GCC unroll 8
  for (int i = 1; i < N; i++) sum = V::fma(sum, x, V::set(terms[i]));
  return sum;
}

// x = n ln 2 + r, n whole; ln 2 in two parts, of which the first times n is exact.
SINTER_LANE F without_twos(F x, F n) {
  return V::fma(n, V::set(-1.42860677e-6f), V::fma(n, V::set(-0.693145752f), x));
}

// e^x - 1 = 2^n (e^r - 1) + (2^n - 1) for x of -87 .. 87, e^r - 1 = r + r^2 P(r), 2^-26.
SINTER_LANE F exponential_less_1(F x) {
  static const float terms[] = {1.38703035e-3f, 8.36625695e-3f, 0.041667439f, 0.166665465f, 0.49999997f};
  const F one = V::set(1.0f), large = V::set(12582912.0f);  // 1.5 times 2^23: a sum is whole, its last bits are n
  const F shifted = V::fma(x, V::set(1.44269504f), large), r = without_twos(x, V::sub(shifted, large));
  const F power = V::from_bits(V::add_i(V::shift_left_i(V::bits(shifted), 23), V::bits(one)));
  const F near_0 = V::fma(V::mul(r, r), polynomial(r, terms), r);
  return V::fma(power, near_0, V::sub(power, one));
}

struct VectorAbs {
  SINTER_LANE F of(F x) {
    return V::magnitude(x);
  }
};
struct VectorNeg {
  SINTER_LANE F of(F x) {
    return V::negate(x);
  }
};
struct VectorSquare {
  SINTER_LANE F of(F x) {
    return V::mul(x, x);
  }
};
struct VectorSign {
  SINTER_LANE F of(F x) {
    const F zero = V::set(0.0f);
    return V::if_less(zero, x, V::set(1.0f), V::if_less(x, zero, V::set(-1.0f), x));
  }
};
struct VectorExp {
  SINTER_LANE F of(F x) {
    return V::exponential(x);
  }
};
// x = 2^e (1 + f), sqrt(1/2) <= 1 + f < sqrt(2): log(1 + f) = f - f^2 / 2 + f^3 P(f), 2^-27.
struct VectorLog {
  SINTER_LANE F of(F x) {
    static const float terms[] = {-0.0763442974f, 0.127615503f, -0.131601951f, 0.142017625f,
                                  -0.166233565f,  0.200012267f, -0.250008211f, 0.333333317f};
    const F zero = V::set(0.0f), least = V::set(1.17549435e-38f);
    const F normal = V::if_less(x, least, V::mul(x, V::set(8388608.0f)), x);
    const I root = V::set_i(0x3f3504f3);  // sqrt(1/2)
    const I steps = V::shift_right(V::sub_i(V::bits(normal), root), 23);
    const F f = V::sub(V::from_bits(V::sub_i(V::bits(normal), V::shift_left_i(steps, 23))), V::set(1.0f));
    const F e = V::add(V::to_float(steps), V::if_less(x, least, V::set(-23.0f), zero));
    const F square = V::mul(f, f);
    F y = V::mul(V::mul(square, f), polynomial(f, terms));
    y = V::fma(e, V::set(-2.12194440e-4f), y);  // ln 2 in two parts
    y = V::fma(square, V::set(-0.5f), y);
    y = V::fma(e, V::set(0.693359375f), V::add(f, y));
    y = V::if_less(x, V::set(INFINITY), y, x);  // NaN stays, too
    y = V::if_less(zero, normal, y, V::set(-INFINITY));
    return V::if_not_negative(x, y, V::set(NAN));
  }
};
struct VectorSqrt {
  SINTER_LANE F of(F x) {
    return V::sqrt(x);
  }
};

// x = n pi + r, |r| <= pi / 2, pi in three parts: the sine of r, negated where n is odd; r + r^3 P(r^2), 2^-27. The
// cosine is the sine a quarter turn on: n - 1/2 in the place of n.
static const float largest_angle = 8192.0f;  // up to here three parts are enough
template <bool cosine>
SINTER_LANE F sine(F x) {
  static const float terms[] = {2.6060959e-6f, -1.98097769e-4f, 8.33306927e-3f, -0.166666597f};
  const F large = V::set(12582912.0f), inverse = V::set(0.318309886f);  // 1.5 times 2^23: sums are whole
  const F shifted = cosine ? V::add(V::fma(x, inverse, V::set(0.5f)), large) : V::fma(x, inverse, large);
  const F whole = V::sub(shifted, large), n = cosine ? V::sub(whole, V::set(0.5f)) : whole;
  F r = V::fma(n, V::set(-3.14159274f), x);
  r = V::fma(n, V::set(8.74227766e-8f), r);
  r = V::fma(n, V::set(3.43024902e-15f), r);
  const F square = V::mul(r, r), s = V::fma(V::mul(r, square), polynomial(square, terms), r);
  return V::from_bits(V::xor_i(V::bits(s), V::shift_left_i(V::bits(shifted), 31)));
}
// Values beyond the largest angle by the C library; the others by `fast`, whatever stands beside them.
inline __attribute__((noinline)) F far_angles(F x, F fast, float (*f)(float)) {
  float values[V::W], results[V::W];
  V::store(values, x);
  V::store(results, fast);
  for (int i = 0; i < V::W; i++) {
    if (!(fabsf(values[i]) <= largest_angle)) results[i] = f(values[i]);
  }
  return V::load(results);
}
template <bool cosine>
struct VectorSine {
  SINTER_LANE void of_two(F& x, F& y) {
    const bool near = V::all_within(V::larger_size(x, y), largest_angle);
    const F fast_x = sine<cosine>(x), fast_y = sine<cosine>(y);
    x = __builtin_expect(near, 1) ? fast_x : far_angles(x, fast_x, cosine ? cosf : sinf);
    y = __builtin_expect(near, 1) ? fast_y : far_angles(y, fast_y, cosine ? cosf : sinf);
  }
};

struct VectorFloor {
  SINTER_LANE F of(F x) {
    return V::floor(x);
  }
};
struct VectorCeil {
  SINTER_LANE F of(F x) {
    return V::ceil(x);
  }
};
struct VectorRound {
  SINTER_LANE F of(F x) {
    return V::nearest(x);
  }
};
template <class Logistic>
struct VectorSilu {
  SINTER_LANE F of(F x) {
    return V::mul(x, Logistic::of(x));
  }
};
// By E = e^2x - 1: E / (2 + E). E = 2^n (2^r - 1) + (2^n - 1), n + r = 2x log2(e): an error of that sum counts for less
// in the result than in x. 2^r - 1 = r P(r), 2^-26.
struct VectorTanh {
  SINTER_LANE F of(F x) {
    static const float terms[] = {1.53824469e-4f, 1.3387393e-3f, 9.61831026e-3f,
                                  0.0555036739f,  0.240226492f,  0.693147182f};
    const F one = V::set(1.0f), two = V::set(2.0f), large = V::set(12582912.0f);  // 1.5 times 2^23: sums are whole
    const F bounded = V::min(V::set(10.0f), V::max(V::set(-10.0f), x)), t = V::mul(bounded, V::set(2.88539008f));
    const F shifted = V::add(t, large), r = V::sub(t, V::sub(shifted, large));
    const F power = V::from_bits(V::add_i(V::shift_left_i(V::bits(shifted), 23), V::bits(one)));
    const F e = V::fma(V::mul(power, r), polynomial(r, terms), V::sub(power, one));
    return V::div(e, V::add(two, e));
  }
};
struct VectorHardSwish {  // the reference's steps
  SINTER_LANE F of(F x) {
    const F clamped = V::min(V::set(6.0f), V::max(V::set(0.0f), V::add(x, V::set(3.0f))));
    return V::mul(V::mul(x, clamped), V::set(1.0f / 6.0f));
  }
};
struct VectorElu {
  SINTER_LANE F of(F x) {
    return V::if_less(x, V::set(0.0f), exponential_less_1(V::max(V::set(-30.0f), x)), x);
  }
};
// erf(x / sqrt(2)) = x P(x^2) / Q(x^2) while |x| < 5.52, within 2^-29 of 1; beyond, it rounds to 1 or -1.
struct VectorGelu {
  SINTER_LANE F of(F x) {
    static const float above[] = {-1.46497373e-10f, 1.03932429e-7f, 1.67866615e-5f, 3.38576762e-4f,
                                  9.59284811e-3f,   0.0652992477f,  0.79788457f};
    static const float below[] = {1.97763428e-6f, 8.14969124e-5f, 1.92817491e-3f, 0.0284405016f, 0.248507233f, 1.0f};
    const F end = V::set(5.52f), size = V::magnitude(x);
    const F bounded = V::min(end, V::max(V::negate(end), x));
    const F square = V::mul(bounded, bounded), half = V::mul(x, V::set(0.5f));
    const F e = V::div(V::mul(bounded, polynomial(square, above)), polynomial(square, below));
    return V::if_less(size, end, V::fma(half, e, half), V::max(V::set(0.0f), x));
  }
};
template <class Logistic>
struct VectorGeluApproximate {  // (1 + tanh(u)) / 2 = 1 / (1 + e^-2u)
  SINTER_LANE F of(F x) {
    const F square = V::mul(x, x);
    const F twice_u =
        V::mul(x, V::fma(square, V::set(2.0f * 0.79788456080286536f * 0.044715f), V::set(2.0f * 0.79788456080286536f)));
    return V::mul(x, Logistic::of(twice_u));
  }
};

// A function that takes two vectors at a time, from one that takes one.
template <class Function>
struct Alone {
  SINTER_LANE void of_two(F& x, F& y) {
    x = Function::of(x);
    y = Function::of(y);
  }
};

template <class Function>
void each_vector(const Call* call) {
  const int64_t count = static_cast<const UnaryParams*>(call->params)->count;
  const float* in = static_cast<const float*>(call->slots[UNARY_IN]);
  float* out = static_cast<float*>(call->slots[UNARY_OUT]);
  const int64_t part = fair_rows(count, 16384, 64, call->workers->threads), parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [=](int64_t index, int) {
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    int64_t i = index * part;
    for (; i + 2 * V::W <= end; i += 2 * V::W) {
      F x = V::load(in + i), y = V::load(in + i + V::W);
      Function::of_two(x, y);
      V::store(out + i, x);
      V::store(out + i + V::W, y);
    }
    if (i == end) return;
    const int64_t first = end - i < V::W ? end - i : V::W, second = end - i - first;
    F x = V::load_n(in + i, first), y = second ? V::load_n(in + i + V::W, second) : V::set(0.0f);
    Function::of_two(x, y);
    V::store_n(out + i, x, first);
    if (second) V::store_n(out + i + V::W, y, second);
  });
}

template <class Form>
void unary_f32(const Call* call) {
  switch (static_cast<const UnaryParams*>(call->params)->function) {
    case UNARY_ABS:
      return each_vector<Alone<VectorAbs>>(call);
    case UNARY_NEG:
      return each_vector<Alone<VectorNeg>>(call);
    case UNARY_SQUARE:
      return each_vector<Alone<VectorSquare>>(call);
    case UNARY_SIGN:
      return each_vector<Alone<VectorSign>>(call);
    case UNARY_EXP:
      return each_vector<Alone<VectorExp>>(call);
    case UNARY_LOG:
      return each_vector<Alone<VectorLog>>(call);
    case UNARY_SQRT:
      return each_vector<typename Form::Sqrt>(call);
    case UNARY_RSQRT:
      return each_vector<typename Form::Rsqrt>(call);
    case UNARY_SIN:
      return each_vector<VectorSine<false>>(call);
    case UNARY_COS:
      return each_vector<VectorSine<true>>(call);
    case UNARY_FLOOR:
      return each_vector<Alone<VectorFloor>>(call);
    case UNARY_CEIL:
      return each_vector<Alone<VectorCeil>>(call);
    case UNARY_ROUND:
      return each_vector<Alone<VectorRound>>(call);
    case UNARY_LOGISTIC:
      return each_vector<Alone<typename Form::Logistic>>(call);
    case UNARY_SILU:
      return each_vector<Alone<VectorSilu<typename Form::Logistic>>>(call);
    case UNARY_TANH:
      return each_vector<typename Form::Tanh>(call);
    case UNARY_HARD_SWISH:
      return each_vector<Alone<VectorHardSwish>>(call);
    case UNARY_ELU:
      return each_vector<typename Form::Elu>(call);
    case UNARY_GELU:
      return each_vector<typename Form::Gelu>(call);
    default:
      return each_vector<typename Form::GeluApproximate>(call);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_UNARY_VECTOR_H_
