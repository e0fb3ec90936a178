// gemm of float activations by int4 weights, plainly: activations quantized by row.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/dynamic_images.h"
#include "kernels/gemm/half.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_s4.h"

namespace sinter {

int64_t gemm_f32s4_reference_scratch(const void* params, int threads) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return threads * dynamic_round_up(2 * int64_t{p.k});
}

void gemm_f32s4f32_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  const S4Plain plain = s4_plain(call->slots[GEMM_WEIGHTS], p.n, p.k, p.block);
  const int64_t k = p.k, span = p.block > 0 ? p.block : k, blocks = k / span;
  parallel_for(call->workers, p.m, [&](int64_t m, int thread) {
    int16_t* values = reinterpret_cast<int16_t*>(static_cast<char*>(call->scratch) + thread * dynamic_round_up(2 * k));
    float low, high;
    DynamicPlain::extremes(a + m * p.lda, k, &low, &high);
    const DynamicRange range = dynamic_range(low, high, p.dynamic);
    DynamicPlain::quantize(a + m * p.lda, k, range, values);
    for (int64_t n = 0; n < p.n; n++) {
      float y = 0.0f;
      for (int64_t b = 0; b < blocks; b++) {
        int32_t sum = 0;
        for (int64_t i = b * span; i < (b + 1) * span; i++) sum += values[i] * s4_value(plain.weights, n * k + i);
        if (p.block > 0) {
          y = fmaf(static_cast<float>(sum), half_at(plain.scales, n * blocks + b), y);
        } else {
          float scale;
          memcpy(&scale, plain.scales + 4 * n, 4);
          y = dynamic_result(sum, range, scale, plain.bias[n]);
        }
      }
      if (p.block > 0) y = y * range.inverse + plain.bias[n];
      y = dynamic_bounded(y, p.act_min, p.act_max);
      memcpy(c + 4 * (m * p.ldc + n), &y, 4);
    }
  });
}

}  // namespace sinter
