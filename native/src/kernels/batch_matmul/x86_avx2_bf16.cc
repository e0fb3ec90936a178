// batch_matmul of operands rounded to bfloat16 for AVX2, which computes it in float; gemm's micro-kernel.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_matmul/drive_bf16.h"
#include "kernels/gemm/tile_avx2_bf16.h"

namespace sinter {

void batch_matmul_bf16_avx2(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  batch_matmul_bf16(call, cut_avx2_bf16(p, call->workers->threads), TileBf16<Plain>{{}, products_of(p).m == 1});
}

}  // namespace sinter
