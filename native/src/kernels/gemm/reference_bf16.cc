// gemm in bfloat16, plainly; reads the packing of pairs.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_bf16.h"

namespace sinter {
namespace {

// T: float, rounded on the way, or uint16_t, bfloat16 already; Out: the same, of C.
template <class T, class Out>
void reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const T* a = static_cast<const T*>(call->slots[GEMM_A]);
  const uint32_t* packed = static_cast<const uint32_t*>(call->slots[GEMM_WEIGHTS]);
  Out* c = static_cast<Out*>(call->slots[GEMM_C]);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    for (int64_t n = 0; n < p.n; n++) {
      const uint32_t* tile = packed + n / 16 * bf16_tile_words(p.k) + n % 16;
      float sum;
      memcpy(&sum, tile, 4);  // bias first, then k upwards: the order is part of the definition
      for (int64_t k = 0; k < p.k; k++) {
        const uint32_t pair = tile[(1 + k / 2) * 16];
        sum += bf16_operand(a[m * p.lda + k]) * bf16_to_float(static_cast<uint16_t>(pair >> (k % 2 * 16)));
      }
      sum = sum < p.act_min ? p.act_min : sum;  // NaN stays
      put_float(&c[m * p.ldc + n], sum > p.act_max ? p.act_max : sum);
    }
  });
}

}  // namespace

void gemm_f32bf16f32_reference(const Call* call) {
  reference<float, float>(call);
}
void gemm_bf16bf16f32_reference(const Call* call) {
  reference<uint16_t, float>(call);
}
void gemm_f32bf16bf16_reference(const Call* call) {
  reference<float, uint16_t>(call);
}
void gemm_bf16bf16bf16_reference(const Call* call) {
  reference<uint16_t, uint16_t>(call);
}

}  // namespace sinter
