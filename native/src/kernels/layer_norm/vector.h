// layer_norm in vectors: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
//
// A row stays in the first cache while it is read two or three times. Four sums each hide the additions' latency.
#ifndef SINTER_KERNELS_LAYER_NORM_VECTOR_H_
#define SINTER_KERNELS_LAYER_NORM_VECTOR_H_

#include <math.h>

#include "core/workers.h"
#include "kernels/layer_norm/op.h"

namespace sinter {

// The sum of term(offset, lanes) over the row; lanes < W in the last one, what lies behind must be 0.
template <class V, class Term>
static inline __attribute__((always_inline)) float layer_norm_sum(int64_t depth, const Term& term) {
  typename V::F sum0 = V::set(0.0f), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  int64_t i = 0;
  for (; i + 4 * V::W <= depth; i += 4 * V::W) {
    sum0 = V::add(sum0, term(i, V::W));
    sum1 = V::add(sum1, term(i + V::W, V::W));
    sum2 = V::add(sum2, term(i + 2 * V::W, V::W));
    sum3 = V::add(sum3, term(i + 3 * V::W, V::W));
  }
  for (; i < depth; i += V::W) sum0 = V::add(sum0, term(i, depth - i < V::W ? depth - i : V::W));
  return V::sum(V::add(V::add(sum0, sum1), V::add(sum2, sum3)));
}

template <class V>
static inline __attribute__((always_inline)) typename V::F layer_norm_load(const float* from, int64_t lanes) {
  return lanes == V::W ? V::load(from) : V::load_n(from, lanes);
}

template <class V, LayerNormForm form>
static inline void layer_norm_row(const LayerNormParams& p, const float* in, const float* gamma, const float* beta,
                                  float* out) {
  typedef typename V::F F;
  const int64_t depth = p.depth;
  const float part = 1.0f / static_cast<float>(depth);
  const auto value = [&](int64_t i, int64_t lanes)
                         __attribute__((always_inline)) { return layer_norm_load<V>(in + i, lanes); };
  const float mean = form == LAYER_NORM_RMS ? 0.0f : layer_norm_sum<V>(depth, value) * part;
  float means[V::W];
  for (float& each : means) each = mean;
  const float variance = layer_norm_sum<V>(depth,
                                           [&](int64_t i, int64_t lanes) __attribute__((always_inline)) {
                                             F x = value(i, lanes);
                                             if (form != LAYER_NORM_RMS) {
                                               x = V::sub(x, layer_norm_load<V>(means, lanes));
                                             }
                                             return V::mul(x, x);
                                           }) *
                         part;
  const F r = V::set(1.0f / sqrtf(variance + p.epsilon)), center = V::set(mean);
  // move is beta's, which LAYER_NORM_RMS has not.
  const auto finish = [&](F x, F scale, auto move) __attribute__((always_inline)) {
    if (form == LAYER_NORM_RMS) return V::mul(V::mul(x, r), scale);
    if (form == LAYER_NORM_CENTERED) return V::add(V::mul(V::mul(V::sub(x, center), r), scale), move());
    const F factor = V::mul(r, scale);
    return V::add(V::mul(x, factor), V::sub(move(), V::mul(center, factor)));
  };
  int64_t i = 0;
  for (; i + V::W <= depth; i += V::W) {
    V::store(out + i, finish(V::load(in + i), V::load(gamma + i), [&] { return V::load(beta + i); }));
  }
  if (i < depth) {
    const int64_t n = depth - i;
    V::store_n(out + i, finish(V::load_n(in + i, n), V::load_n(gamma + i, n), [&] { return V::load_n(beta + i, n); }),
               n);
  }
}

template <class V>
static inline void layer_norm_f32(const Call* call) {
  const LayerNormParams& p = *static_cast<const LayerNormParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[LAYER_NORM_IN]);
  const float* gamma = static_cast<const float*>(call->slots[LAYER_NORM_GAMMA]);
  const float* beta = static_cast<const float*>(call->slots[LAYER_NORM_BETA]);
  float* out = static_cast<float*>(call->slots[LAYER_NORM_OUT]);
  if (p.depth == 0) return;
  const int64_t group = fair_rows(p.rows, 4096 / p.depth + 1, 1, call->workers->threads);
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    for (int64_t row = task * group; row < (task + 1) * group && row < p.rows; row++) {
      const int64_t at = row * p.depth;
      if (p.form == LAYER_NORM_FOLDED) layer_norm_row<V, LAYER_NORM_FOLDED>(p, in + at, gamma, beta, out + at);
      if (p.form == LAYER_NORM_CENTERED) layer_norm_row<V, LAYER_NORM_CENTERED>(p, in + at, gamma, beta, out + at);
      if (p.form == LAYER_NORM_RMS) layer_norm_row<V, LAYER_NORM_RMS>(p, in + at, gamma, beta, out + at);
    }
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LAYER_NORM_VECTOR_H_
