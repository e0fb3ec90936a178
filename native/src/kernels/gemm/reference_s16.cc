// gemm of int16 activations and int8 weights, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_s16.h"

namespace sinter {

void gemm_s16s8s16_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int16_t* a = static_cast<const int16_t*>(call->slots[GEMM_A]);
  int16_t* c = static_cast<int16_t*>(call->slots[GEMM_C]);
  const Columns16 columns = columns16(call->slots[GEMM_WEIGHTS], p.n);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    for (int64_t n = 0; n < p.n; n++) {
      int64_t sum = columns.bias[n];
      for (int64_t k = 0; k < p.k; k++) {
        sum = static_cast<int64_t>(static_cast<uint64_t>(sum) +
                                   static_cast<uint64_t>(int64_t{a[m * p.lda + k]} * columns.weights[n * p.k + k]));
      }
      c[m * p.ldc + n] = bounded_16(requantize_16(sum, columns, n, p.requantization), p.out_min, p.out_max);
    }
  });
}

}  // namespace sinter
