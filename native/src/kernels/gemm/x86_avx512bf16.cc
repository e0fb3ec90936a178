// gemm in bfloat16 for AVX-512 with vdpbf16ps.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_strips_bf16.h"

namespace sinter {

void gemm_f32bf16f32_avx512bf16(const Call* call) {
  gemm_strips_bf16<float, float>(call);
}
void gemm_bf16bf16f32_avx512bf16(const Call* call) {
  gemm_strips_bf16<uint16_t, float>(call);
}
void gemm_f32bf16bf16_avx512bf16(const Call* call) {
  gemm_strips_bf16<float, uint16_t>(call);
}
void gemm_bf16bf16bf16_avx512bf16(const Call* call) {
  gemm_strips_bf16<uint16_t, uint16_t>(call);
}

// By int8 weights that were widened when they were packed.
void gemm_weight_only_bf16_s8_avx512bf16_wide(const Call* call) {
  gemm_strips_bf16<float, float, true>(call);
}
void gemm_bf16s8f32_avx512bf16_wide(const Call* call) {
  gemm_strips_bf16<uint16_t, float, true>(call);
}
void gemm_f32s8bf16_avx512bf16_wide(const Call* call) {
  gemm_strips_bf16<float, uint16_t, true>(call);
}
void gemm_bf16s8bf16_avx512bf16_wide(const Call* call) {
  gemm_strips_bf16<uint16_t, uint16_t, true>(call);
}

}  // namespace sinter
