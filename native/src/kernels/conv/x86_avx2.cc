// conv in int8 and uint8 for AVX2. SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_avx2.h"

namespace sinter {

void conv_s8s8s8_avx2(const Call* call) {
  conv_8<int8_t>(call);
}
void conv_u8u8u8_avx2(const Call* call) {
  conv_8<uint8_t>(call);
}

}  // namespace sinter
