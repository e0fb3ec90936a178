// lrn, plainly: each window summed anew, so that nothing is lost by adding and taking away.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/workers.h"
#include "kernels/lrn/op.h"

namespace sinter {

void lrn_f32_reference(const Call* call) {
  const LrnParams& p = *static_cast<const LrnParams*>(call->params);
  parallel_for(call->workers, p.rows, [&](int64_t row, int) {
    const float* in = static_cast<const float*>(call->slots[LRN_IN]) + row * p.depth;
    float* out = static_cast<float*>(call->slots[LRN_OUT]) + row * p.depth;
    for (int64_t c = 0; c < p.depth; c++) {
      const int64_t from = c > p.radius ? c - p.radius : 0;
      const int64_t to = c + p.radius < p.depth ? c + p.radius + 1 : p.depth;
      float sum = 0;
      for (int64_t i = from; i < to; i++) sum += in[i] * in[i] * p.alpha;
      const float scale = p.bias + sum;
      out[c] = p.beta == 1.0f ? in[c] / scale : p.beta == 0.5f ? in[c] / sqrtf(scale) : in[c] * powf(scale, -p.beta);
    }
  });
}

}  // namespace sinter
