// gemm in int8 over 4x4 blocks, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/requantize.h"
#include "kernels/gemm/sparse.h"

namespace sinter {

void gemm_s8s8s8_block4x4_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  const Block4x4 w = block4x4_view(p, call->slots[GEMM_WEIGHTS]);
  if (p.m == 0) return;
  parallel_for(call->workers, w.rows, [&](int64_t row, int) {
    for (int64_t m = 0; m < p.m; m++) {
      uint32_t sums[4];
      for (int o = 0; o < 4; o++) sums[o] = static_cast<uint32_t>(w.bias[row * 4 + o]);
      for (int64_t b = w.first[row]; b < w.first[row + 1]; b++) {
        const int8_t* pixel = a + (w.quad[b] * int64_t{p.lda} + m) * 4;
        for (int o = 0; o < 4; o++) {
          for (int i = 0; i < 4; i++) sums[o] += static_cast<uint32_t>(pixel[i] * w.weights[b * 16 + o * 4 + i]);
        }
      }
      for (int o = 0; o < 4; o++) {
        c[(row * p.ldc + m) * 4 + o] =
            requantize_s8(static_cast<int32_t>(sums[o]), w.scale[row * 4 + o], p.out_zero_point, p.out_min, p.out_max);
      }
    }
  });
}

}  // namespace sinter
