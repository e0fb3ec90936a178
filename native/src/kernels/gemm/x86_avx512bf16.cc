// gemm in bfloat16 for AVX-512 with vdpbf16ps.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_bf16.h"
#include "kernels/gemm/tile_avx512_bf16.h"

namespace sinter {
namespace {

template <class T>
inline void run(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const WideClamp clamp = {p.act_min, p.act_max};
  gemm_bf16<T>(call, WideTileBf16<WideClamp>{clamp});
}

}  // namespace

void gemm_f32bf16f32_avx512bf16(const Call* call) {
  run<float>(call);
}
void gemm_bf16bf16f32_avx512bf16(const Call* call) {
  run<uint16_t>(call);
}

}  // namespace sinter
