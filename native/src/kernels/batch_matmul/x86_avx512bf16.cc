// batch_matmul of operands rounded to bfloat16 for AVX-512 with vdpbf16ps; gemm's micro-kernel.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_matmul/drive_bf16.h"
#include "kernels/gemm/tile_avx512_bf16.h"

namespace sinter {

void batch_matmul_bf16_avx512bf16(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  batch_matmul_bf16(call, cut_avx512_bf16(p, call->workers->threads), WideTileBf16<WidePlain>{});
}

}  // namespace sinter
