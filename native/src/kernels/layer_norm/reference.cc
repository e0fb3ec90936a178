// layer_norm: the definition layer_norm.f32 as plain loops, sums in doubles.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/workers.h"
#include "kernels/layer_norm/op.h"

namespace sinter {

void layer_norm_f32_reference(const Call* call) {
  const LayerNormParams& p = *static_cast<const LayerNormParams*>(call->params);
  const float* gamma = static_cast<const float*>(call->slots[LAYER_NORM_GAMMA]);
  const float* beta = static_cast<const float*>(call->slots[LAYER_NORM_BETA]);
  const float part = 1.0f / static_cast<float>(p.depth);
  parallel_for(call->workers, p.rows, [&](int64_t row, int) {
    const float* in = static_cast<const float*>(call->slots[LAYER_NORM_IN]) + row * p.depth;
    float* out = static_cast<float*>(call->slots[LAYER_NORM_OUT]) + row * p.depth;
    double sum = 0.0, squares = 0.0;
    for (int32_t i = 0; i < p.depth; i++) sum += in[i];
    const float mean = p.form == LAYER_NORM_RMS ? 0.0f : static_cast<float>(sum) * part;
    for (int32_t i = 0; i < p.depth; i++) {
      const float difference = in[i] - mean;
      squares += difference * difference;
    }
    const float r = 1.0f / sqrtf(static_cast<float>(squares) * part + p.epsilon);
    for (int32_t i = 0; i < p.depth; i++) {
      if (p.form == LAYER_NORM_FOLDED) {
        const float factor = r * gamma[i];
        out[i] = in[i] * factor + (beta[i] - mean * factor);
      } else if (p.form == LAYER_NORM_RMS) {
        out[i] = in[i] * r * gamma[i];
      } else {
        out[i] = (in[i] - mean) * r * gamma[i] + beta[i];
      }
    }
  });
}

}  // namespace sinter
