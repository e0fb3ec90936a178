// relu in vectors: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RELU_VECTOR_H_
#define SINTER_KERNELS_RELU_VECTOR_H_

#include "core/workers.h"
#include "kernels/relu/op.h"
#include "kernels/relu/scaling.h"

namespace sinter {

template <class Body>
static inline void relu_pieces(Workers* workers, int64_t count, const Body& body) {
  const int64_t piece = fair_rows(count, 16384, 64, workers->threads);
  parallel_for(workers, (count + piece - 1) / piece,
               [&](int64_t task, int) { body(task * piece, (task + 1) * piece < count ? (task + 1) * piece : count); });
}

template <class V, class T>
static inline void relu_bytes(const Call* call) {
  const ReluParams& p = *static_cast<const ReluParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[RELU_IN]);
  T* out = static_cast<T*>(call->slots[RELU_OUT]);
  const ReluScaling s = relu_scaling(p);
  const bool unchanged = !s.by_256 && s.positive_factor.mantissa == 1 << 30 && s.positive_factor.shift == 1 &&
                         p.kind == RELU_CLAMP && p.in_zero_point == p.out_zero_point;
  relu_pieces(call->workers, p.count, [=, &p](int64_t from, int64_t to) {
    int64_t i = from;
    const typename V::Y least = V::set_y(p.out_min), most = V::set_y(p.out_max);
    const auto each = [&](const auto& one) __attribute__((always_inline)) {
      for (; i + V::B <= to; i += V::B) V::store_bytes(out + i, one(V::load_bytes(in + i)));
      if (i < to) V::store_bytes_n(out + i, one(V::load_bytes_n(in + i, to - i)), to - i);
    };
    if (unchanged) {  // a factor of 1: only the clamp is left
      each([&](typename V::Y x) __attribute__((always_inline)) { return V::bound_bytes(out, x, least, most); });
      return;
    }
    if (s.by_256) {
      // As in quantize: the negated difference times the negated multiplier.
      const typename V::S in_zero = V::set_s(128 * p.in_zero_point), out_zero = V::set_s(p.out_zero_point);
      const typename V::S positive = V::set_s(-s.positive), negative = V::set_s(-s.negative);
      const auto half = [&](typename V::S x) __attribute__((always_inline)) {
        x = V::sub_s(in_zero, x);
        return V::add_saturated(V::multiply_high_rounded(x, V::if_negative_s(x, positive, negative)), out_zero);
      };
      each([&](typename V::Y x) __attribute__((always_inline)) {
        return V::bound_bytes(out, V::packed(out, half(V::low_times_128(in, x)), half(V::high_times_128(in, x))), least,
                              most);
      });
      return;
    }
    const typename V::I in_zero = V::set_i(p.in_zero_point), out_zero = V::set_i(p.out_zero_point);
    const typename V::I low = V::set_i(p.out_min), high = V::set_i(p.out_max);
    const auto scaled = [&](typename V::I x, const FixedFactor& f) __attribute__((always_inline)) {
      return V::fixed_multiply(x, f.mantissa, f.shift > 0 ? f.shift : 0, f.shift > 0 ? 0 : -f.shift);
    };
    const auto one = [&](typename V::I x) __attribute__((always_inline)) {
      x = V::sub_i(x, in_zero);
      typename V::I y = scaled(x, s.positive_factor);
      if (p.kind == RELU_LEAKY) {
        typename V::I below = scaled(x, s.negative_factor);
        if (s.negate) below = V::sub_i(V::set_i(0), below);
        y = V::if_negative_i(x, below, y);
      }
      return V::min_i(V::max_i(V::add_i(y, out_zero), low), high);
    };
    for (; i + V::W <= to; i += V::W) V::store_narrow(out + i, one(V::load_wide(in + i)));
    if (i < to) V::store_narrow_n(out + i, one(V::load_wide_n(in + i, to - i)), to - i);
  });
}

template <class V>
static inline void relu_f32(const Call* call) {
  const ReluParams& p = *static_cast<const ReluParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[RELU_IN]);
  float* out = static_cast<float*>(call->slots[RELU_OUT]);
  relu_pieces(call->workers, p.count, [=, &p](int64_t from, int64_t to) {
    const typename V::F low = V::set(p.act_min), high = V::set(p.act_max), alpha = V::set(p.alpha);
    int64_t i = from;
    const auto each = [&](const auto& one) __attribute__((always_inline)) {
      for (; i + 4 * V::W <= to; i += 4 * V::W) {
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) V::store(out + i + v * V::W, one(V::load(in + i + v * V::W)));
      }
      for (; i + V::W <= to; i += V::W) V::store(out + i, one(V::load(in + i)));
      if (i < to) V::store_n(out + i, one(V::load_n(in + i, to - i)), to - i);
    };
    if (p.kind == RELU_LEAKY) {
      each([&](typename V::F x) __attribute__((always_inline)) { return V::if_not_negative(x, x, V::mul(x, alpha)); });
    } else {
      each([&](typename V::F x) __attribute__((always_inline)) { return V::min(high, V::max(low, x)); });
    }
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_RELU_VECTOR_H_
