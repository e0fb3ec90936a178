// gemm in bfloat16 for AVX2, which computes it in float.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_bf16.h"
#include "kernels/gemm/tile_avx2_bf16.h"

namespace sinter {
namespace {

template <class T>
inline void run(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const Clamp clamp = {_mm256_set1_ps(p.act_min), _mm256_set1_ps(p.act_max)};
  gemm_bf16<T>(call, TileBf16<Clamp>{clamp, p.m == 1});
}

}  // namespace

void gemm_f32bf16f32_avx2(const Call* call) {
  run<float>(call);
}
void gemm_bf16bf16f32_avx2(const Call* call) {
  run<uint16_t>(call);
}

}  // namespace sinter
