// conv in bfloat16 for AVX2, which computes it in float.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_bf16.h"
#include "kernels/gemm/tile_avx2_bf16.h"

namespace sinter {

void conv_f32bf16f32_avx2(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const bool one_pixel = p.batch == 1 && p.out_h == 1 && p.out_w == 1;
  conv_bf16(call, TileBf16<Clamp>{{_mm256_set1_ps(p.act_min), _mm256_set1_ps(p.act_max)}, one_pixel});
}

}  // namespace sinter
