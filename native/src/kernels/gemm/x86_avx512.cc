// gemm in int8 and uint8 for AVX-512 VNNI. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/tile_vnni.h"
//
#include "kernels/gemm/drive_vnni.h"

namespace sinter {

void gemm_s8s8s8_avx512vnni(const Call* call) {
  gemm_8<int8_t>(call);
}
void gemm_u8u8u8_avx512vnni(const Call* call) {
  gemm_8<uint8_t>(call);
}
void gemm_s8s8s32_avx512vnni(const Call* call) {
  gemm_32<int8_t>(call);
}
void gemm_u8u8s32_avx512vnni(const Call* call) {
  gemm_32<uint8_t>(call);
}

}  // namespace sinter
