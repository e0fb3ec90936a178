// binary of quantized bytes in vectors: sums, differences, products and squares of differences. Written once in the
// operations of simd/*.h, built per ISA; equal to quantized.h bit for bit. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_VECTOR_8_H_
#define SINTER_KERNELS_BINARY_VECTOR_8_H_

#include <string.h>

#include "kernels/binary/op.h"
#include "kernels/binary/quantized.h"
#include "kernels/binary/walk.h"

namespace sinter {
namespace {

// xnn.add on V::H bytes at a time. The factors, of up to 22 bits, are cut into 15 low bits and the rest, so that one
// multiply-add of 16-bit pairs does both products of a part.
struct VectorSum8 {
  V::I low, high, bias;
  V::S zero, least, most;
  int32_t shift;

  template <class T>
  explicit VectorSum8(const SumByShift<T>& f)
      : low(V::set_i((f.b_multiplier & 0x7fff) << 16 | (f.a_multiplier & 0x7fff))),
        high(V::set_i(static_cast<int32_t>(static_cast<uint32_t>(f.b_multiplier >> 15) << 16 |
                                           (static_cast<uint32_t>(f.a_multiplier >> 15) & 0xffff)))),
        bias(V::set_i(f.bias)),
        zero(V::set_s(f.range.zero)),
        least(V::set_s(f.range.low)),
        most(V::set_s(f.range.high)),
        shift(f.shift) {}
  SINTER_LANE V::S sum(const VectorSum8& k, V::S a, V::S b) {
    const V::I ab0 = V::pairs_low(a, b), ab1 = V::pairs_high(a, b);
    V::I sum0 = V::add_dot_pairs(k.bias, ab0, k.low), sum1 = V::add_dot_pairs(k.bias, ab1, k.low);
    sum0 = V::add_i(sum0, V::shift_left_15(V::dot_pairs(ab0, k.high)));
    sum1 = V::add_i(sum1, V::shift_left_15(V::dot_pairs(ab1, k.high)));
    V::S out = V::narrow(V::shift_right(sum0, k.shift), V::shift_right(sum1, k.shift));
    out = V::add_saturated(out, k.zero);
    return V::min_s(V::max_s(out, k.least), k.most);
  }
  SINTER_LANE V::S of(const VectorSum8& k, V::S a, V::S b) {
    return sum(k, a, b);
  }
};

// xnn.mul: products of distances to the zero points, exact in floats.
struct VectorProduct8 {
  V::S a_zero, b_zero, zero;
  V::F scale, least, most;

  template <class T>
  explicit VectorProduct8(const ProductByFloat<T>& f)
      : a_zero(V::set_s(f.range.a_zero)),
        b_zero(V::set_s(f.range.b_zero)),
        zero(V::set_s(f.range.zero)),
        scale(V::set(f.scale)),
        least(V::set(f.lowest)),
        most(V::set(f.highest)) {}
  SINTER_LANE V::I scaled(const VectorProduct8& k, V::I product) {
    return V::to_int(V::min(V::max(V::mul(V::to_float(product), k.scale), k.least), k.most));
  }
  SINTER_LANE V::S of(const VectorProduct8& k, V::S a, V::S b) {
    const V::S x = V::sub_s(a, k.a_zero), y = V::sub_s(b, k.b_zero);
    const V::I low = V::dot_pairs(V::pairs_low(x, V::zero()), V::pairs_low(y, V::zero()));
    const V::I high = V::dot_pairs(V::pairs_high(x, V::zero()), V::pairs_high(y, V::zero()));
    return V::add_s(V::narrow(scaled(k, low), scaled(k, high)), k.zero);
  }
};

// x times a factor that shifts to the right alone.
SINTER_LANE V::I times_factor(V::I x, FixedFactor f) {
  return V::fixed_multiply(x, f.mantissa, 0, -f.shift);
}

// What arithmetic 32 bits wide needs, V::W bytes at a time.
struct VectorFactors {
  FixedFactor a_factor, b_factor, out_factor;
  V::I a_zero, b_zero, zero, least, most;

  template <class Plain>
  explicit VectorFactors(const Plain& f)
      : a_factor(f.a_factor),
        b_factor(f.b_factor),
        out_factor(f.out_factor),
        a_zero(V::set_i(f.range.a_zero)),
        b_zero(V::set_i(f.range.b_zero)),
        zero(V::set_i(f.range.zero)),
        least(V::set_i(f.range.low)),
        most(V::set_i(f.range.high)) {}
  template <class Plain>
  static bool holds(const Plain& f) {
    return f.a_factor.shift <= 0 && f.b_factor.shift <= 0 && f.out_factor.shift <= 0;
  }
  // An operand less its zero point, 2^left times, by its factor.
  template <int left>
  SINTER_LANE V::I operand(V::I x, V::I x_zero, FixedFactor factor) {
    return times_factor(V::shift_left_i(V::sub_i(x, x_zero), left), factor);
  }
  SINTER_LANE V::I result(const VectorFactors& k, V::I x) {
    return V::min_i(V::max_i(V::add_i(times_factor(x, k.out_factor), k.zero), k.least), k.most);
  }
};

// tfl.add.
struct VectorSumByFactors : VectorFactors {
  bool minus;

  template <class T>
  explicit VectorSumByFactors(const SumByFactors<T>& f) : VectorFactors(f), minus(f.minus) {}
  SINTER_LANE V::I of(const VectorSumByFactors& k, V::I a, V::I b) {
    const V::I x = operand<20>(a, k.a_zero, k.a_factor), y = operand<20>(b, k.b_zero, k.b_factor);
    return result(k, k.minus ? V::sub_i(x, y) : V::add_i(x, y));
  }
};

// tfl.squared_difference.
struct VectorSquaredDifference8 : VectorFactors {
  using VectorFactors::VectorFactors;
  SINTER_LANE V::I of(const VectorSquaredDifference8& k, V::I a, V::I b) {
    const V::I x = operand<7>(a, k.a_zero, k.a_factor), y = operand<7>(b, k.b_zero, k.b_factor);
    // At most 255 * 128: a word that is not negative, whose upper neighbour is 0.
    const V::I d = V::max_i(V::sub_i(x, y), V::sub_i(y, x));
    return result(k, V::dot_pairs(d, d));
  }
};

// A_STEP, B_STEP: 1 for neighbours, 0 for one value.
template <int A_STEP, int B_STEP, class Function, class T>
SINTER_LANE void row_8(const Function& given, const T* a, const T* b, T* out, int64_t count) {
  const Function k = given;  // a copy that no store can change: it stays in registers
  const V::S one_a = V::set_s(*a), one_b = V::set_s(*b);
  int64_t i = 0;
  for (; i + V::H <= count; i += V::H) {
    V::store_half(out + i, Function::of(k, A_STEP ? V::load_half(a + i) : one_a, B_STEP ? V::load_half(b + i) : one_b));
  }
  if (i < count) {
    const int64_t n = count - i;
    V::store_half_n(
        out + i, Function::of(k, A_STEP ? V::load_half_n(a + i, n) : one_a, B_STEP ? V::load_half_n(b + i, n) : one_b),
        n);
  }
}
template <int A_STEP, int B_STEP, class Function, class T>
SINTER_LANE void row_wide(const Function& given, const T* a, const T* b, T* out, int64_t count) {
  const Function k = given;
  const V::I one_a = V::set_i(*a), one_b = V::set_i(*b);
  int64_t i = 0;
  for (; i + V::W <= count; i += V::W) {
    V::store_narrow(out + i, k.of(k, A_STEP ? V::load_wide(a + i) : one_a, B_STEP ? V::load_wide(b + i) : one_b));
  }
  if (i < count) {
    const int64_t n = count - i;
    V::store_narrow_n(out + i,
                      k.of(k, A_STEP ? V::load_wide_n(a + i, n) : one_a, B_STEP ? V::load_wide_n(b + i, n) : one_b), n);
  }
}

template <int A_STEP, int B_STEP, class T>
SINTER_LANE void row_8(const VectorSumByFactors& f, const T* a, const T* b, T* out, int64_t count) {
  row_wide<A_STEP, B_STEP>(f, a, b, out, count);
}
template <int A_STEP, int B_STEP, class T>
SINTER_LANE void row_8(const VectorSquaredDifference8& f, const T* a, const T* b, T* out, int64_t count) {
  row_wide<A_STEP, B_STEP>(f, a, b, out, count);
}

// Short rows of which one operand is the same in all (a value per channel): several rows at once, beside that many
// copies of it. False where the dimensions are others.
template <class Function, class T>
bool repeated_rows(const Call* call, const Walk& w, const Function& f) {
  constexpr int last = BINARY_RANK - 1;
  constexpr int64_t most = 512;  // elements of the copies
  const int64_t n = w.d[last], rows = w.d[last - 1];
  const bool a_repeats = w.a[last - 1] == 0 && w.b[last - 1] == n;
  const bool b_repeats = w.b[last - 1] == 0 && w.a[last - 1] == n;
  if (n > most / 4 || w.a[last] != 1 || w.b[last] != 1 || !(a_repeats || b_repeats)) return false;
  Walk joined = w;
  joined.d[last] = n * rows;
  joined.d[last - 1] = 1;
  joined.a[last - 1] = joined.b[last - 1] = 0;
  const int64_t whole = most / n * n;
  walk_rows<T>(call, joined, [&](const T* a, const T* b, T* out, int64_t from, int64_t to) {
    const T* same = a_repeats ? a : b;
    T copies[most];
    const int64_t used = to - from < whole ? to - from : whole;
    for (int64_t i = 0, at = from % n; i < used; i++, at = at + 1 == n ? 0 : at + 1) copies[i] = same[at];
    for (int64_t i = from; i < to; i += whole) {
      const int64_t count = to - i < whole ? to - i : whole;
      if (a_repeats) {
        row_8<1, 1>(f, copies, b + i, out + i, count);
      } else {
        row_8<1, 1>(f, a + i, copies, out + i, count);
      }
    }
  });
  return true;
}

template <class T, class Function, class Plain>
void binary_8_by(const Call* call, const Function& f, const Plain& plain) {
  const Walk w(*static_cast<const BinaryParams*>(call->params));
  if (repeated_rows<Function, T>(call, w, f)) return;
  const int64_t step_a = w.a[BINARY_RANK - 1], step_b = w.b[BINARY_RANK - 1];
  walk_rows<T>(call, w, [&](const T* a, const T* b, T* out, int64_t from, int64_t to) {
    if (step_a == 1 && step_b == 1) {
      row_8<1, 1>(f, a + from, b + from, out + from, to - from);
    } else if (step_a == 1 && step_b == 0) {
      row_8<1, 0>(f, a + from, b, out + from, to - from);
    } else if (step_a == 0 && step_b == 1) {
      row_8<0, 1>(f, a, b + from, out + from, to - from);
    } else {
      for (int64_t i = from; i < to; i++) out[i] = plain(a[i * step_a], b[i * step_b]);
    }
  });
}

// What no converter writes: scales so far apart that TFLite leaves XNNPACK's arithmetic.
template <class T, class Plain>
void binary_8_plain(const Call* call, const Plain& plain) {
  const Walk w(*static_cast<const BinaryParams*>(call->params));
  const int64_t step_a = w.a[BINARY_RANK - 1], step_b = w.b[BINARY_RANK - 1];
  walk_rows<T>(call, w, [&](const T* a, const T* b, T* out, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) out[i] = plain(a[i * step_a], b[i * step_b]);
  });
}

inline void squared_difference_8(const Call* call) {
  const SquaredDifference<int8_t> f(*static_cast<const BinaryParams*>(call->params));
  if (!VectorFactors::holds(f)) return binary_8_plain<int8_t>(call, f);
  binary_8_by<int8_t>(call, VectorSquaredDifference8(f), f);
}

// add, sub, mul.
template <class T>
void binary_8(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  if (p.function == BINARY_MUL) {
    if (!ProductByFloat<T>::holds(p)) return binary_8_plain<T>(call, ProductByFactor<T>(p));
    const ProductByFloat<T> f(p);
    return binary_8_by<T>(call, VectorProduct8(f), f);
  }
  if (!ratio_ok(p.a_scale / p.out_scale) || !ratio_ok(p.b_scale / p.out_scale)) {
    const SumByFactors<T> f(p);
    if (!VectorSumByFactors::holds(f)) return binary_8_plain<T>(call, f);
    return binary_8_by<T>(call, VectorSumByFactors(f), f);
  }
  const SumByShift<T> f(p);
  binary_8_by<T>(call, VectorSum8(f), f);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_VECTOR_8_H_
