// softmax: the definitions tfl.softmax8 and softmax.f32 as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/workers.h"
#include "kernels/softmax/exponential.h"
#include "kernels/softmax/op.h"

namespace sinter {

// Out: int8, or int16 for the same with a finer result.
template <class Out>
static void quantized(const Call* call, int32_t low, int32_t high) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(call->params);
  const float scale = -p.in_scale * p.beta;
  if (p.depth == 0) return;
  const int64_t group = 4096 / p.depth + 1;
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    float table[256];  // exponentials by the distance to the row's largest
    for (int32_t i = 0; i < 256; i++) table[i] = exp_of(scale * static_cast<float>(i));
    for (int64_t row = task * group; row < (task + 1) * group && row < p.rows; row++) {
      const int8_t* in = static_cast<const int8_t*>(call->slots[SOFTMAX_IN]) + row * p.depth;
      Out* out = static_cast<Out*>(call->slots[SOFTMAX_OUT]) + row * p.depth;
      int32_t largest = -128;
      for (int32_t i = 0; i < p.depth; i++) largest = in[i] > largest ? in[i] : largest;
      float sum = 0.0f;
      for (int32_t i = 0; i < p.depth; i++) sum += table[largest - in[i]];
      const float inverse = 1.0f / (sum * p.out_scale);
      Out steps[256];
      for (int32_t i = 0; i < 256; i++) {
        const int32_t value = static_cast<int32_t>(roundf(table[i] * inverse)) + p.out_zero_point;
        steps[i] = static_cast<Out>(value < low ? low : value > high ? high : value);
      }
      for (int32_t i = 0; i < p.depth; i++) out[i] = steps[largest - in[i]];
    }
  });
}

void softmax_s8s8_reference(const Call* call) {
  quantized<int8_t>(call, -128, 127);
}

void softmax_s8s16_reference(const Call* call) {
  quantized<int16_t>(call, -32768, 32767);
}

void softmax_f32f32_reference(const Call* call) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(call->params);
  parallel_for(call->workers, p.rows, [&](int64_t row, int) {
    const float* in = static_cast<const float*>(call->slots[SOFTMAX_IN]) + row * p.depth;
    float* out = static_cast<float*>(call->slots[SOFTMAX_OUT]) + row * p.depth;
    float largest = -INFINITY;
    for (int32_t i = 0; i < p.depth; i++) largest = in[i] > largest ? in[i] : largest;
    double sum = 0.0;
    for (int32_t i = 0; i < p.depth; i++) sum += exp_of((in[i] - largest) * p.beta);
    const float inverse = static_cast<float>(1.0 / sum);
    for (int32_t i = 0; i < p.depth; i++) out[i] = exp_of((in[i] - largest) * p.beta) * inverse;
  });
}

}  // namespace sinter
