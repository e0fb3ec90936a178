// gemm in float for AVX2. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_f32.h"

namespace sinter {

void gemm_f32_avx2(const Call* call) {
  gemm_f32(call, {multiply_strip_f32_avx2, strips_f32_avx2});
}
// Halves are floats once they are packed.
void gemm_f32f16f32_avx2_wide(const Call* call) {
  gemm_f32_avx2(call);
}

}  // namespace sinter
