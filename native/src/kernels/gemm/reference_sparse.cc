// gemm in int8 over blocks that are not zero, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/requantize.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

void product(const Call* call, BlockShape shape) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  const Blocks w = blocks_view(p, shape, call->slots[GEMM_WEIGHTS]);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    for (int64_t place = 0; place < w.outputs; place++) {
      const int64_t n = w.order[place], group = place / shape.width, within = place % shape.width;
      if (n >= p.n) continue;
      uint32_t sum = static_cast<uint32_t>(w.bias[n]);
      for (int64_t s = w.first[group]; s < w.first[group + 1]; s++) {
        const int64_t k = w.quad[s * (shape.width / shape.height) + within / shape.height] * int64_t{4};
        const int8_t* weights = w.weights + (s * shape.width + within) * 4;
        for (int64_t i = 0; i < 4 && k + i < p.k; i++) sum += static_cast<uint32_t>(a[m * p.lda + k + i] * weights[i]);
      }
      c[m * p.ldc + n] = requantize_s8(static_cast<int32_t>(sum), w.scale[n], p.out_zero_point, p.out_min, p.out_max);
    }
  });
}

}  // namespace

void gemm_s8s8s8_block1x4_reference(const Call* call) {
  product(call, BLOCK_1X4);
}
void gemm_s8s8s8_block4x4_reference(const Call* call) {
  product(call, BLOCK_4X4);
}
void gemm_s8s8s8_block16x4_reference(const Call* call) {
  product(call, BLOCK_16X4);
}

}  // namespace sinter
