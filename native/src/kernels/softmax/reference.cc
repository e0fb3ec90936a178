// softmax: the definitions tfl.softmax8 and softmax.f32 as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/workers.h"
#include "kernels/softmax/exponential.h"
#include "kernels/softmax/op.h"

namespace sinter {

void softmax_s8s8_reference(const Call* call) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(call->params);
  const float scale = -p.in_scale * p.beta;
  parallel_for(call->workers, p.rows, [&](int64_t row, int) {
    const int8_t* in = static_cast<const int8_t*>(call->slots[SOFTMAX_IN]) + row * p.depth;
    int8_t* out = static_cast<int8_t*>(call->slots[SOFTMAX_OUT]) + row * p.depth;
    int32_t largest = -128;
    for (int32_t i = 0; i < p.depth; i++) largest = in[i] > largest ? in[i] : largest;
    float sum = 0.0f;
    for (int32_t i = 0; i < p.depth; i++) sum += exp_of(scale * static_cast<float>(largest - in[i]));
    const float inverse = 1.0f / (sum * p.out_scale);
    for (int32_t i = 0; i < p.depth; i++) {
      const float steps = exp_of(scale * static_cast<float>(largest - in[i])) * inverse;
      const int32_t value = static_cast<int32_t>(roundf(steps)) + p.out_zero_point;
      out[i] = static_cast<int8_t>(value < -128 ? -128 : value > 127 ? 127 : value);
    }
  });
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
