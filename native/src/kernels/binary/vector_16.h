// binary of quantized numbers of 16 bits in vectors: sums, differences and products. Written once in the operations of
// simd/*.h, built per ISA; equal to quantized.h bit for bit. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_VECTOR_16_H_
#define SINTER_KERNELS_BINARY_VECTOR_16_H_

#include "kernels/binary/vector_8.h"

namespace sinter {
namespace {

// Bounds, and the result's zero point before them.
struct VectorRange16 {
  V::I zero;
  V::S least, most;

  explicit VectorRange16(const Range& r) : zero(V::set_i(r.zero)), least(V::set_s(r.low)), most(V::set_s(r.high)) {}
  SINTER_LANE V::S bounded(const VectorRange16& k, V::I low, V::I high) {
    const V::S words = V::narrow(V::add_i(low, k.zero), V::add_i(high, k.zero));
    return V::min_s(V::max_s(words, k.least), k.most);
  }
};

// tfl.add with 2^15, for operands without zero points and factors that shift to the right alone.
struct VectorSum16 {
  FixedFactor a_factor, b_factor, out_factor;
  VectorRange16 range;
  bool minus;

  explicit VectorSum16(const SumByFactors<int16_t>& f)
      : a_factor(f.a_factor), b_factor(f.b_factor), out_factor(f.out_factor), range(f.range), minus(f.minus) {}
  static bool holds(const SumByFactors<int16_t>& f) {
    return VectorFactors::holds(f) && f.range.a_zero == 0 && f.range.b_zero == 0;
  }
  // a, b: 2^16 times the values, which is what pairs of 0 and a value are.
  SINTER_LANE V::I sum(const VectorSum16& k, V::I a, V::I b) {
    const V::I x = times_factor(V::shift_right(a, 1), k.a_factor), y = times_factor(V::shift_right(b, 1), k.b_factor);
    return times_factor(k.minus ? V::sub_i(x, y) : V::add_i(x, y), k.out_factor);
  }
  SINTER_LANE V::S of(const VectorSum16& k, V::S a, V::S b) {
    const V::S none = V::zero();
    return VectorRange16::bounded(k.range, sum(k, V::pairs_low(none, a), V::pairs_low(none, b)),
                                  sum(k, V::pairs_high(none, a), V::pairs_high(none, b)));
  }
};

// tfl.mul, likewise.
struct VectorProduct16 {
  FixedFactor factor;
  VectorRange16 range;

  explicit VectorProduct16(const ProductByFactor<int16_t>& f) : factor(f.factor), range(f.range) {}
  static bool holds(const ProductByFactor<int16_t>& f) {
    return f.factor.shift <= 0 && f.range.a_zero == 0 && f.range.b_zero == 0;
  }
  SINTER_LANE V::I scaled(const VectorProduct16& k, V::I product) {
    return times_factor(product, k.factor);
  }
  SINTER_LANE V::S of(const VectorProduct16& k, V::S a, V::S b) {
    const V::I low = V::dot_pairs(V::pairs_low(a, V::zero()), V::pairs_low(b, V::zero()));
    const V::I high = V::dot_pairs(V::pairs_high(a, V::zero()), V::pairs_high(b, V::zero()));
    return VectorRange16::bounded(k.range, scaled(k, low), scaled(k, high));
  }
};

SINTER_LANE V::S load_words(const int16_t* p) {
  return V::load_bytes(reinterpret_cast<const int8_t*>(p));
}
SINTER_LANE V::S load_words_n(const int16_t* p, int64_t n) {
  return V::load_bytes_n(reinterpret_cast<const int8_t*>(p), 2 * n);
}
SINTER_LANE void store_words(int16_t* p, V::S x) {
  V::store_bytes(reinterpret_cast<int8_t*>(p), x);
}
SINTER_LANE void store_words_n(int16_t* p, V::S x, int64_t n) {
  V::store_bytes_n(reinterpret_cast<int8_t*>(p), x, 2 * n);
}

// A_STEP, B_STEP: 1 for neighbours, 0 for one value.
template <int A_STEP, int B_STEP, class Function>
SINTER_LANE void row_8(const Function& given, const int16_t* a, const int16_t* b, int16_t* out, int64_t count) {
  const Function k = given;  // a copy that no store can change: it stays in registers
  const V::S one_a = V::set_s(*a), one_b = V::set_s(*b);
  int64_t i = 0;
  for (; i + V::H <= count; i += V::H) {
    store_words(out + i, Function::of(k, A_STEP ? load_words(a + i) : one_a, B_STEP ? load_words(b + i) : one_b));
  }
  if (i < count) {
    const int64_t n = count - i;
    store_words_n(out + i,
                  Function::of(k, A_STEP ? load_words_n(a + i, n) : one_a, B_STEP ? load_words_n(b + i, n) : one_b), n);
  }
}

// add, sub, mul.
inline void binary_16(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  if (p.function == BINARY_MUL) {
    const ProductByFactor<int16_t> f(p);
    if (!VectorProduct16::holds(f)) return binary_8_plain<int16_t>(call, f);
    return binary_8_by<int16_t>(call, VectorProduct16(f), f);
  }
  const SumByFactors<int16_t> f(p);
  if (!VectorSum16::holds(f)) return binary_8_plain<int16_t>(call, f);
  binary_8_by<int16_t>(call, VectorSum16(f), f);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_VECTOR_16_H_
