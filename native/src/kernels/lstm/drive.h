// All steps of an lstm call: a product with the packed recurrent weights per step, then each example's gates.
// SPDX-License-Identifier: Apache-2.0
//
// The products are those of a gemm row of the same ISA, handed in as `gemm`; `step` does what follows for one example.
#ifndef SINTER_KERNELS_LSTM_DRIVE_H_
#define SINTER_KERNELS_LSTM_DRIVE_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/lstm/scalar.h"

namespace sinter {

// T: sums, S: output state, C: cell, W and B: constants. project(constants, sums, state, count).
template <class T, class S, class C, class W, class B, class Step, class Project>
static inline void lstm_drive(const Call* call, KernelFn gemm, const Step& step, const Project& project) {
  const LstmParams& p = *static_cast<const LstmParams*>(call->params);
  const int64_t width = int64_t{lstm_gates(p)} * p.cell;
  const T* x = static_cast<const T*>(call->slots[LSTM_X]);
  char* blob = static_cast<char*>(call->slots[LSTM_WEIGHTS]);
  const LstmHead& head = *reinterpret_cast<const LstmHead*>(blob);
  const LstmConstants<W, B> constants = {
      reinterpret_cast<const W*>(blob + head.peephole), reinterpret_cast<const W*>(blob + head.norm),
      reinterpret_cast<const B*>(blob + head.norm_bias), reinterpret_cast<const LstmFactors*>(blob + head.factors)};
  S* state = static_cast<S*>(call->slots[LSTM_STATE_OUT]);
  C* cell = static_cast<C*>(call->slots[LSTM_CELL_OUT]);
  S* out = static_cast<S*>(call->slots[LSTM_OUT]);
  const int64_t state_count = int64_t{p.batch} * p.output, cell_count = int64_t{p.batch} * p.cell;
  if (state_count == 0) return;
  if (state != call->slots[LSTM_STATE_IN]) {
    memmove(state, call->slots[LSTM_STATE_IN], static_cast<size_t>(state_count) * sizeof(S));
  }
  if (cell != call->slots[LSTM_CELL_IN]) {
    memmove(cell, call->slots[LSTM_CELL_IN], static_cast<size_t>(cell_count) * sizeof(C));
  }
  char* scratch = static_cast<char*>(call->scratch);
  const LstmScratch at = lstm_scratch(p);
  T* products = reinterpret_cast<T*>(scratch + at.products);
  S* hidden = p.projection ? reinterpret_cast<S*>(scratch + at.hidden) : state;
  T* sums = reinterpret_cast<T*>(scratch + at.sums);
  Workers alone = {1, nullptr};
  const GemmParams recurrent = lstm_recurrent(p), projection = lstm_projection(p);
  void* recurrent_slots[GEMM_SLOTS] = {state, blob + head.recurrent, products};
  void* projection_slots[GEMM_SLOTS] = {hidden, blob + head.projection, sums};
  const Call recurrent_call = {&recurrent, recurrent_slots, scratch + at.gemm, &alone};
  const Call projection_call = {&projection, projection_slots, scratch + at.gemm, &alone};
  for (int64_t step_number = 0; step_number < p.steps; step_number++) {
    const int64_t t = p.backward ? p.steps - 1 - step_number : step_number;
    gemm(&recurrent_call);
    for (int64_t b = 0; b < p.batch; b++) {
      const int64_t row = p.time_major ? t * p.batch + b : b * p.steps + t;
      const LstmExample<T, S, C> example = {x + row * width, products + b * width, cell + b * p.cell,
                                            hidden + b * p.cell, scratch + at.gates};
      step(p, constants, example);
    }
    if (p.projection) {
      gemm(&projection_call);
      project(p, constants, sums, state, state_count);
    }
    for (int64_t b = 0; b < p.batch; b++) {
      const int64_t row = p.time_major ? t * p.batch + b : b * p.steps + t;
      memcpy(out + row * p.output, state + b * p.output, static_cast<size_t>(p.output) * sizeof(S));
    }
  }
}

template <class Step>
static inline void lstm_s8(const Call* call, KernelFn gemm, const Step& step) {
  lstm_drive<int32_t, int8_t, int16_t, int16_t, int32_t>(
      call, gemm, step,
      [](const LstmParams& p, const LstmConstantsS8& c, const int32_t* sums, int8_t* state, int64_t count) {
        lstm_project_s8(p, c.factors->projection, sums, state, count);
      });
}

template <class Step>
static inline void lstm_f32(const Call* call, KernelFn gemm, const Step& step) {
  lstm_drive<float, float, float, float, float>(
      call, gemm, step,
      [](const LstmParams& p, const LstmConstantsF32&, const float* sums, float* state, int64_t count) {
        for (int64_t i = 0; i < count; i++) state[i] = lstm_clip(sums[i], p.projection_clip);
      });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_DRIVE_H_
