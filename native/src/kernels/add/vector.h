// add in vectors: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_ADD_VECTOR_H_
#define SINTER_KERNELS_ADD_VECTOR_H_

#include "kernels/add/op.h"
#include "kernels/add/scaling.h"
#include "kernels/add/walk.h"

namespace sinter {

// A multiplier of up to 22 bits is cut into 15 low bits and the rest, so that one multiply-add of 16-bit pairs does
// a * a_multiplier + b * b_multiplier for each part: half the multiplications of 32-bit products.
template <class V>
struct AddConstants {
  typename V::I low, high, bias;
  typename V::S out_zero_point, out_min, out_max;
  int32_t shift;
};

template <class V>
static inline __attribute__((always_inline)) typename V::S add_block(const AddConstants<V>& k, typename V::S a,
                                                                     typename V::S b) {
  const typename V::I ab0 = V::pairs_low(a, b), ab1 = V::pairs_high(a, b);
  typename V::I sum0 = V::add_dot_pairs(k.bias, ab0, k.low), sum1 = V::add_dot_pairs(k.bias, ab1, k.low);
  sum0 = V::add_i(sum0, V::shift_left_15(V::dot_pairs(ab0, k.high)));
  sum1 = V::add_i(sum1, V::shift_left_15(V::dot_pairs(ab1, k.high)));
  typename V::S out = V::narrow(V::shift_right(sum0, k.shift), V::shift_right(sum1, k.shift));
  out = V::add_saturated(out, k.out_zero_point);
  return V::min_s(V::max_s(out, k.out_min), k.out_max);
}

// b_step 1: both run; 0: b is one value.
template <class V, int b_step>
static inline void add_row_s8(const AddConstants<V>& given, const int8_t* a, const int8_t* b, int8_t* out,
                              int64_t count) {
  const AddConstants<V> k = given;  // a copy that no store can change: it stays in registers
  const typename V::S one = V::set_s(b_step ? 0 : b[0]);
  int64_t i = 0;
  for (; i + V::H <= count; i += V::H) {
    V::store_half(out + i, add_block<V>(k, V::load_half(a + i), b_step ? V::load_half(b + i) : one));
  }
  if (i < count) {
    const int64_t n = count - i;
    V::store_half_n(out + i, add_block<V>(k, V::load_half_n(a + i, n), b_step ? V::load_half_n(b + i, n) : one), n);
  }
}

// tfl.add, V::W bytes at a time, for factors that shift to the right alone.
template <class V>
struct AddFactors {
  FixedFactor a, b, out;
  typename V::I a_zero_point, b_zero_point, out_zero_point, out_min, out_max;

  static bool holds(const AddScaling& s) {
    return s.a_factor.shift <= 0 && s.b_factor.shift <= 0 && s.out_factor.shift <= 0;
  }
};

template <class V>
static inline __attribute__((always_inline)) typename V::I add_scaled(typename V::I x, FixedFactor f) {
  return V::fixed_multiply(x, f.mantissa, 0, -f.shift);
}

template <class V, int b_step>
static inline void add_row_s8(const AddFactors<V>& given, const int8_t* a, const int8_t* b, int8_t* out,
                              int64_t count) {
  const AddFactors<V> k = given;
  const auto scaled_b = [&](typename V::I x) __attribute__((always_inline)) {
    return add_scaled<V>(V::shift_left_i(V::sub_i(x, k.b_zero_point), 20), k.b);
  };
  const typename V::I one = scaled_b(V::set_i(b_step ? 0 : b[0]));
  const auto sum = [&](typename V::I x, typename V::I y) __attribute__((always_inline)) {
    const typename V::I scaled_a = add_scaled<V>(V::shift_left_i(V::sub_i(x, k.a_zero_point), 20), k.a);
    const typename V::I both = add_scaled<V>(V::add_i(scaled_a, y), k.out);
    return V::min_i(V::max_i(V::add_i(both, k.out_zero_point), k.out_min), k.out_max);
  };
  int64_t i = 0;
  for (; i + V::W <= count; i += V::W) {
    V::store_narrow(out + i, sum(V::load_wide(a + i), b_step ? scaled_b(V::load_wide(b + i)) : one));
  }
  if (i < count) {
    const int64_t n = count - i;
    V::store_narrow_n(out + i, sum(V::load_wide_n(a + i, n), b_step ? scaled_b(V::load_wide_n(b + i, n)) : one), n);
  }
}

// Rows of two operands side by side, or of one value and neighbours; `ba` where a is the one value. Others, and all
// where `plain`, element by element.
template <class V, class Constants>
static inline void add_rows_s8(const Call* call, const AddScaling& s, const Constants& ab, const Constants& ba,
                               bool plain) {
  const AddParams& p = *static_cast<const AddParams*>(call->params);
  const int8_t* a = static_cast<const int8_t*>(call->slots[ADD_A]);
  const int8_t* b = static_cast<const int8_t*>(call->slots[ADD_B]);
  int8_t* out = static_cast<int8_t*>(call->slots[ADD_OUT]);
  const int32_t a_step = p.a_stride5, b_step = p.b_stride5;
  add_walk(p, call->workers, [&](int64_t at_a, int64_t at_b, int64_t at_out, int64_t count) {
    if (!plain && a_step == 1 && b_step == 1) {
      add_row_s8<V, 1>(ab, a + at_a, b + at_b, out + at_out, count);
    } else if (!plain && a_step == 1 && b_step == 0) {
      add_row_s8<V, 0>(ab, a + at_a, b + at_b, out + at_out, count);
    } else if (!plain && a_step == 0 && b_step == 1) {
      add_row_s8<V, 0>(ba, b + at_b, a + at_a, out + at_out, count);
    } else {
      for (int64_t i = 0; i < count; i++) {
        int32_t value = add_one(s, p, a[at_a + i * a_step], b[at_b + i * b_step]);
        value = value < p.out_min ? p.out_min : value;
        value = value > p.out_max ? p.out_max : value;
        out[at_out + i] = static_cast<int8_t>(value);
      }
    }
  });
}

template <class V>
static inline void add_s8(const Call* call) {
  const AddParams& p = *static_cast<const AddParams*>(call->params);
  const AddScaling s = add_scaling(p);
  if (!s.common_shift) {
    const auto factors = [&](FixedFactor first, int32_t first_zero_point, FixedFactor second,
                             int32_t second_zero_point) {
      return AddFactors<V>{first,
                           second,
                           s.out_factor,
                           V::set_i(first_zero_point),
                           V::set_i(second_zero_point),
                           V::set_i(p.out_zero_point),
                           V::set_i(p.out_min),
                           V::set_i(p.out_max)};
    };
    add_rows_s8<V>(call, s, factors(s.a_factor, p.a_zero_point, s.b_factor, p.b_zero_point),
                   factors(s.b_factor, p.b_zero_point, s.a_factor, p.a_zero_point), !AddFactors<V>::holds(s));
    return;
  }
  const auto constants = [&](int32_t first, int32_t second) {
    AddConstants<V> k;
    k.low = V::set_i((second & 0x7fff) << 16 | (first & 0x7fff));
    k.high = V::set_i((second >> 15) << 16 | first >> 15);
    k.bias = V::set_i(s.bias);
    k.out_zero_point = V::set_s(p.out_zero_point);
    k.out_min = V::set_s(p.out_min);
    k.out_max = V::set_s(p.out_max);
    k.shift = s.shift;
    return k;
  };
  add_rows_s8<V>(call, s, constants(s.a_multiplier, s.b_multiplier), constants(s.b_multiplier, s.a_multiplier), false);
}

template <class V, int b_step>
static inline void add_row_f32(const float* a, const float* b, float* out, int64_t count, float low, float high) {
  const typename V::F act_min = V::set(low), act_max = V::set(high), one = V::set(b_step ? 0.0f : b[0]);
  int64_t i = 0;
  for (; i + V::W <= count; i += V::W) {
    const typename V::F sum = V::add(V::load(a + i), b_step ? V::load(b + i) : one);
    V::store(out + i, V::min(act_max, V::max(act_min, sum)));
  }
  if (i < count) {
    const int64_t n = count - i;
    const typename V::F sum = V::add(V::load_n(a + i, n), b_step ? V::load_n(b + i, n) : one);
    V::store_n(out + i, V::min(act_max, V::max(act_min, sum)), n);
  }
}

template <class V>
static inline void add_f32(const Call* call) {
  const AddParams& p = *static_cast<const AddParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[ADD_A]);
  const float* b = static_cast<const float*>(call->slots[ADD_B]);
  float* out = static_cast<float*>(call->slots[ADD_OUT]);
  const int32_t a_step = p.a_stride5, b_step = p.b_stride5;
  add_walk(p, call->workers, [&](int64_t at_a, int64_t at_b, int64_t at_out, int64_t count) {
    if (a_step == 1 && b_step == 1) {
      add_row_f32<V, 1>(a + at_a, b + at_b, out + at_out, count, p.act_min, p.act_max);
    } else if (a_step == 1 && b_step == 0) {
      add_row_f32<V, 0>(a + at_a, b + at_b, out + at_out, count, p.act_min, p.act_max);
    } else if (a_step == 0 && b_step == 1) {
      add_row_f32<V, 0>(b + at_b, a + at_a, out + at_out, count, p.act_min, p.act_max);
    } else {
      for (int64_t i = 0; i < count; i++) {
        float value = a[at_a + i * a_step] + b[at_b + i * b_step];
        value = value < p.act_min ? p.act_min : value;
        value = value > p.act_max ? p.act_max : value;
        out[at_out + i] = value;
      }
    }
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_ADD_VECTOR_H_
