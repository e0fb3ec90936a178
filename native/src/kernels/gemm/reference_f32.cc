// gemm in float, plainly; reads the packing of the 16-column tiles.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_f32.h"

namespace sinter {

void gemm_f32_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const float* packed = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    for (int64_t n = 0; n < p.n; n++) {
      const float* tile = packed + n / 16 * f32_tile_floats(16, p.k) + n % 16;
      float sum = tile[0];  // bias first, then k upwards: the order is part of the definition
      for (int64_t k = 0; k < p.k; k++) sum += a[m * p.lda + k] * tile[(k + 1) * 16];
      sum = sum < p.act_min ? p.act_min : sum;  // NaN stays
      c[m * p.ldc + n] = sum > p.act_max ? p.act_max : sum;
    }
  });
}

}  // namespace sinter
