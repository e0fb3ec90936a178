// A float lstm step in vectors, written in the operations of simd/*.h.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_LSTM_VECTOR_F32_H_
#define SINTER_KERNELS_LSTM_VECTOR_F32_H_

#include "kernels/lstm/scalar.h"

namespace sinter {

// 1 / (1 + e^-x) through e^-|x|, which does not overflow.
template <class V>
static inline __attribute__((always_inline)) typename V::F logistic_floats(typename V::F x) {
  const typename V::F one = V::set(1.0f), zero = V::set(0.0f);
  const typename V::F e = V::exponential_falling(V::sub(zero, V::max(x, V::sub(zero, x))));
  return V::div(V::if_not_negative(x, one, e), V::add(one, e));
}

template <class V>
static inline __attribute__((always_inline)) typename V::F tanh_floats(typename V::F x) {
  const typename V::F one = V::set(1.0f), zero = V::set(0.0f), size = V::max(x, V::sub(zero, x));
  const typename V::F e = V::exponential_falling(V::mul(size, V::set(-2.0f)));
  const typename V::F y = V::div(V::sub(one, e), V::add(one, e));
  return V::if_not_negative(x, y, V::sub(zero, y));
}

template <class V>
static inline __attribute__((always_inline)) typename V::F activate_floats(int32_t activation, typename V::F x) {
  switch (activation) {
    case LSTM_RELU:
      return V::max(x, V::set(0.0f));
    case LSTM_RELU_N1_TO_1:
      return V::max(V::min(x, V::set(1.0f)), V::set(-1.0f));
    case LSTM_RELU6:
      return V::max(V::min(x, V::set(6.0f)), V::set(0.0f));
    case LSTM_TANH:
      return tanh_floats<V>(x);
    default:
      return x;
  }
}

// W cells of one example; gates stand `pitch` values apart in x and products.
template <class V>
static inline __attribute__((always_inline)) void cells_f32(const LstmParams& p, const float* x, const float* products,
                                                            int64_t pitch, float* cell, float* hidden) {
  const int64_t forget_at = (1 - p.cifg) * pitch, fresh_at = forget_at + pitch, output_at = fresh_at + pitch;
  const auto gate = [&](int64_t at) { return V::add(V::load(x + at), V::load(products + at)); };
  const typename V::F forget = logistic_floats<V>(gate(forget_at));
  const typename V::F input = p.cifg ? V::sub(V::set(1.0f), forget) : logistic_floats<V>(gate(0));
  const typename V::F fresh = activate_floats<V>(p.activation, gate(fresh_at));
  typename V::F state = V::fma(input, fresh, V::mul(forget, V::load(cell)));
  if (p.cell_clip > 0) state = V::max(V::min(state, V::set(p.cell_clip)), V::set(-p.cell_clip));
  V::store(cell, state);
  V::store(hidden, V::mul(logistic_floats<V>(gate(output_at)), activate_floats<V>(p.activation, state)));
}

template <class V>
static void lstm_step_f32_vector(const LstmParams& p, const LstmConstantsF32& c, const LstmExampleF32& e) {
  if (p.peephole || p.layer_norm) return lstm_step_f32(p, c, e);
  int32_t j = 0;
  for (; j + V::W <= p.cell; j += V::W) {
    cells_f32<V>(p, e.x + j, e.products + j, p.cell, e.cell + j, e.hidden + j);
  }
  const size_t rest = static_cast<size_t>(p.cell - j);
  if (rest == 0) return;
  float x[4 * V::W] = {}, products[4 * V::W] = {}, cell[V::W] = {}, hidden[V::W];
  for (int32_t g = 0; g < lstm_gates(p); g++) {
    memcpy(x + V::W * g, e.x + int64_t{g} * p.cell + j, 4 * rest);
    memcpy(products + V::W * g, e.products + int64_t{g} * p.cell + j, 4 * rest);
  }
  memcpy(cell, e.cell + j, 4 * rest);
  cells_f32<V>(p, x, products, V::W, cell, hidden);
  memcpy(e.cell + j, cell, 4 * rest);
  memcpy(e.hidden + j, hidden, 4 * rest);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_VECTOR_F32_H_
