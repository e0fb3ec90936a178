// quantize in vectors: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_QUANTIZE_VECTOR_H_
#define SINTER_KERNELS_QUANTIZE_VECTOR_H_

#include "core/workers.h"
#include "kernels/quantize/convert.h"
#include "kernels/quantize/op.h"

namespace sinter {

// body(from, to) over pieces of `count` elements, shared by threads.
template <class Body>
static inline void in_pieces(Workers* workers, int64_t count, const Body& body) {
  const int64_t piece = fair_rows(count, 16384, 64, workers->threads);
  parallel_for(workers, (count + piece - 1) / piece,
               [&](int64_t task, int) { body(task * piece, (task + 1) * piece < count ? (task + 1) * piece : count); });
}

template <class V, class Out>
static inline void quantize_floats(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[QUANTIZE_IN]);
  Out* out = static_cast<Out*>(call->slots[QUANTIZE_OUT]);
  in_pieces(call->workers, p.count, [=, &p](int64_t from, int64_t to) {
    const typename V::F inverse = V::set(1.0f / p.out_scale), top = V::set(32767.0f);
    // NaN becomes the top; far below 0, a whole number is the least that there is.
    const auto one = [&](typename V::F x)
                         __attribute__((always_inline)) { return V::to_int(V::min(V::mul(x, inverse), top)); };
    const typename V::S zero_point = V::set_s(p.out_zero_point);
    const auto two = [&](const float* x) __attribute__((always_inline)) {
      return V::add_saturated(V::narrow(one(V::load(x)), one(V::load(x + V::W))), zero_point);
    };
    int64_t i = from;
    for (; i + 4 * V::W <= to; i += 4 * V::W) V::store_narrow_2(out + i, two(in + i), two(in + i + 2 * V::W));
    const typename V::I bottom = V::set_i(-32768), zero = V::set_i(p.out_zero_point);
    for (; i < to; i += V::W) {
      const int64_t n = to - i < V::W ? to - i : V::W;
      V::store_narrow_n(out + i, V::add_i(V::max_i(one(V::load_n(in + i, n)), bottom), zero), n);
    }
  });
}

template <class V, class In>
static inline void dequantize(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const In* in = static_cast<const In*>(call->slots[QUANTIZE_IN]);
  float* out = static_cast<float*>(call->slots[QUANTIZE_OUT]);
  in_pieces(call->workers, p.count, [=, &p](int64_t from, int64_t to) {
    const typename V::F scale = V::set(p.in_scale);
    const typename V::I zero_point = V::set_i(p.in_zero_point);
    const auto one = [&](typename V::I x)
                         __attribute__((always_inline)) { return V::mul(V::to_float(V::sub_i(x, zero_point)), scale); };
    int64_t i = from;
    for (; i + V::W <= to; i += V::W) V::store(out + i, one(V::load_wide(in + i)));
    if (i < to) V::store_n(out + i, one(V::load_wide_n(in + i, to - i)), to - i);
  });
}

template <class V, class In, class Out>
static inline void requantize(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const In* in = static_cast<const In*>(call->slots[QUANTIZE_IN]);
  Out* out = static_cast<Out*>(call->slots[QUANTIZE_OUT]);
  const bool same_type = (static_cast<In>(-1) < 0) == (static_cast<Out>(-1) < 0);
  const Requantizer r = requantizer(p, same_type);
  in_pieces(call->workers, p.count, [=, &p](int64_t from, int64_t to) {
    int64_t i = from;
    if (r.by_256) {
      // (x * m + 128) >> 8 as ((-x * 128) * -m + 2^14) >> 15: -m fits 16 bits for m up to 32768.
      const typename V::S in_zero = V::set_s(128 * p.in_zero_point), out_zero = V::set_s(p.out_zero_point);
      const typename V::S factor = V::set_s(-r.multiplier);
      const auto half = [&](typename V::S x) __attribute__((always_inline)) {
        return V::add_saturated(V::multiply_high_rounded(V::sub_s(in_zero, x), factor), out_zero);
      };
      const auto one = [&](typename V::Y x) __attribute__((always_inline)) {
        return V::packed(out, half(V::low_times_128(in, x)), half(V::high_times_128(in, x)));
      };
      for (; i + V::B <= to; i += V::B) V::store_bytes(out + i, one(V::load_bytes(in + i)));
      if (i < to) V::store_bytes_n(out + i, one(V::load_bytes_n(in + i, to - i)), to - i);
      return;
    }
    const typename V::I in_zero = V::set_i(p.in_zero_point), out_zero = V::set_i(p.out_zero_point);
    const int32_t left = r.factor.shift > 0 ? r.factor.shift : 0, right = r.factor.shift > 0 ? 0 : -r.factor.shift;
    const auto one = [&](typename V::I x) __attribute__((always_inline)) {
      return V::add_i(V::fixed_multiply(V::sub_i(x, in_zero), r.factor.mantissa, left, right), out_zero);
    };
    for (; i + V::W <= to; i += V::W) V::store_narrow(out + i, one(V::load_wide(in + i)));
    if (i < to) V::store_narrow_n(out + i, one(V::load_wide_n(in + i, to - i)), to - i);
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_QUANTIZE_VECTOR_H_
