// transpose_conv in int8 and uint8 for AVX-512 VNNI. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/tile_vnni.h"
//
#include "kernels/transpose_conv/drive_vnni.h"

namespace sinter {

void transpose_conv_s8s8s8_avx512vnni(const Call* call) {
  transpose_conv_8<int8_t>(call);
}
void transpose_conv_u8u8u8_avx512vnni(const Call* call) {
  transpose_conv_8<uint8_t>(call);
}

}  // namespace sinter
