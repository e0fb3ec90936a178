// conv in bfloat16 for AVX-512 with vdpbf16ps.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_bf16.h"
#include "kernels/gemm/tile_avx512_bf16.h"

namespace sinter {

void conv_f32bf16f32_avx512bf16(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  conv_bf16(call, WideTileBf16<WideClamp>{{p.act_min, p.act_max}});
}

}  // namespace sinter
