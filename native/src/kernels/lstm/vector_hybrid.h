// A float lstm step whose results are the plain one's, bit for bit: a last bit of a state decides how it is rounded to
// int8 in the next step.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_LSTM_VECTOR_HYBRID_H_
#define SINTER_KERNELS_LSTM_VECTOR_HYBRID_H_

#include "kernels/lstm/scalar.h"
#include "kernels/softmax/vector.h"

namespace sinter {

// exp_of of W values.
template <class V>
static inline __attribute__((always_inline)) typename V::F exact_exp(typename V::F x) {
  float values[V::W];
  V::store(values, x);
  for (int i = 0; i < V::W; i += V::D) V::store_d(values + i, exp_lanes<V>(V::load_d(values + i)));
  return V::load(values);
}

// logistic_of and tanh_of in the same operations.
template <class V>
static inline __attribute__((always_inline)) typename V::F exact_logistic(typename V::F x) {
  const typename V::F one = V::set(1.0f), zero = V::set(0.0f);
  const typename V::F e = exact_exp<V>(V::if_not_negative(x, V::sub(zero, x), x));
  return V::div(V::if_not_negative(x, one, e), V::add(one, e));
}

template <class V>
static inline __attribute__((always_inline)) typename V::F exact_tanh(typename V::F x) {
  const typename V::F one = V::set(1.0f), zero = V::set(0.0f), two = V::set(2.0f);
  const typename V::F e = exact_exp<V>(V::mul(V::if_not_negative(x, V::sub(zero, x), x), two));
  const typename V::F y = V::div(V::sub(one, e), V::add(one, e));
  return V::if_not_negative(x, y, V::sub(zero, y));
}

template <class V>
static inline __attribute__((always_inline)) typename V::F exact_activation(int32_t activation, typename V::F x) {
  const typename V::F zero = V::set(0.0f), one = V::set(1.0f);
  switch (activation) {
    case LSTM_RELU:
      return V::if_less(x, zero, zero, x);
    case LSTM_RELU_N1_TO_1:
      return V::if_less(x, V::set(-1.0f), V::set(-1.0f), V::if_less(one, x, one, x));
    case LSTM_RELU6:
      return V::if_less(x, zero, zero, V::if_less(V::set(6.0f), x, V::set(6.0f), x));
    case LSTM_TANH:
      return exact_tanh<V>(x);
    default:
      return x;
  }
}

// W cells of one example; gates stand `pitch` values apart in x and products.
template <class V>
static inline __attribute__((always_inline)) void cells_hybrid(const LstmParams& p, const float* x,
                                                               const float* products, int64_t pitch, float* cell,
                                                               float* hidden) {
  const int64_t forget_at = (1 - p.cifg) * pitch, fresh_at = forget_at + pitch, output_at = fresh_at + pitch;
  const auto gate = [&](int64_t at) { return V::add(V::load(x + at), V::load(products + at)); };
  const typename V::F forget = exact_logistic<V>(gate(forget_at));
  const typename V::F input = p.cifg ? V::sub(V::set(1.0f), forget) : exact_logistic<V>(gate(0));
  const typename V::F fresh = exact_activation<V>(p.activation, gate(fresh_at));
  typename V::F state = V::add(V::mul(forget, V::load(cell)), V::mul(input, fresh));
  if (p.cell_clip > 0) {
    const typename V::F high = V::set(p.cell_clip), low = V::set(-p.cell_clip);
    state = V::if_less(high, state, high, V::if_less(state, low, low, state));
  }
  V::store(cell, state);
  V::store(hidden, V::mul(exact_logistic<V>(gate(output_at)), exact_activation<V>(p.activation, state)));
}

template <class V>
static void lstm_step_hybrid(const LstmParams& p, const LstmConstantsF32& c, const LstmExampleF32& e) {
  if (p.peephole || p.layer_norm) return lstm_step_f32(p, c, e);
  int32_t j = 0;
  for (; j + V::W <= p.cell; j += V::W) {
    cells_hybrid<V>(p, e.x + j, e.products + j, p.cell, e.cell + j, e.hidden + j);
  }
  const size_t rest = static_cast<size_t>(p.cell - j);
  if (rest == 0) return;
  float x[4 * V::W] = {}, products[4 * V::W] = {}, cell[V::W] = {}, hidden[V::W];
  for (int32_t g = 0; g < lstm_gates(p); g++) {
    memcpy(x + V::W * g, e.x + int64_t{g} * p.cell + j, 4 * rest);
    memcpy(products + V::W * g, e.products + int64_t{g} * p.cell + j, 4 * rest);
  }
  memcpy(cell, e.cell + j, 4 * rest);
  cells_hybrid<V>(p, x, products, V::W, cell, hidden);
  memcpy(e.cell + j, cell, 4 * rest);
  memcpy(e.hidden + j, hidden, 4 * rest);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_VECTOR_HYBRID_H_
