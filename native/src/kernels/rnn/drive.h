// All steps of an rnn call: a product with the packed recurrent weights per step, then the activation.
// SPDX-License-Identifier: Apache-2.0
//
// The products are those of a gemm row of the same ISA, handed in as `gemm`; activate(activation, x, products, out,
// count) makes the next state of a row.
#ifndef SINTER_KERNELS_RNN_DRIVE_H_
#define SINTER_KERNELS_RNN_DRIVE_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/lstm/scalar.h"
#include "kernels/rnn/op.h"

namespace sinter {

static inline GemmParams rnn_recurrent(const RnnParams& p) {
  return lstm_gemm(p.batch, p.units, p.units, 0, p.dynamic);
}
// Scratch: the products of a step, then gemm's own.
static inline int64_t rnn_products_bytes(const RnnParams& p) {
  return lstm_aligned(int64_t{4} * p.batch * p.units);
}

template <class Activate>
static inline void rnn_drive(const Call* call, KernelFn gemm, const Activate& activate) {
  const RnnParams& p = *static_cast<const RnnParams*>(call->params);
  const float* x = static_cast<const float*>(call->slots[RNN_X]);
  float* state = static_cast<float*>(call->slots[RNN_STATE_OUT]);
  float* out = static_cast<float*>(call->slots[RNN_OUT]);
  const size_t row_bytes = 4 * static_cast<size_t>(p.units);
  if (p.batch == 0) return;
  if (state != call->slots[RNN_STATE_IN]) {
    memmove(state, call->slots[RNN_STATE_IN], static_cast<size_t>(p.batch) * row_bytes);
  }
  float* products = static_cast<float*>(call->scratch);
  Workers alone = {1, nullptr};
  const GemmParams recurrent = rnn_recurrent(p);
  void* slots[GEMM_SLOTS] = {state, call->slots[RNN_WEIGHTS], products};
  const Call product = {&recurrent, slots, static_cast<char*>(call->scratch) + rnn_products_bytes(p), &alone};
  for (int64_t step = 0; step < p.steps; step++) {
    const int64_t t = p.backward ? p.steps - 1 - step : step;
    gemm(&product);
    for (int64_t b = 0; b < p.batch; b++) {
      const int64_t row = (p.time_major ? t * p.batch + b : b * p.steps + t) * p.units;
      activate(p.activation, x + row, products + b * p.units, state + b * p.units, p.units);
      memcpy(out + row, state + b * p.units, row_bytes);
    }
  }
}

static inline void rnn_activate(int32_t activation, const float* x, const float* products, float* out, int64_t count) {
  for (int64_t i = 0; i < count; i++) out[i] = lstm_activate(activation, x[i] + products[i]);
}

// The same in vectors; of(activation, x) is one vector's function.
template <class V, class Function>
static inline void rnn_activate_vectors(int32_t activation, const float* x, const float* products, float* out,
                                        int64_t count, const Function& of) {
  int64_t i = 0;
  for (; i + V::W <= count; i += V::W) {
    V::store(out + i, of(activation, V::add(V::load(x + i), V::load(products + i))));
  }
  const int64_t rest = count - i;
  if (rest > 0) {
    V::store_n(out + i, of(activation, V::add(V::load_n(x + i, rest), V::load_n(products + i, rest))), rest);
  }
}

}  // namespace sinter

#endif  // SINTER_KERNELS_RNN_DRIVE_H_
