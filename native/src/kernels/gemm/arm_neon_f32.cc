// gemm in float for arm64. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_f32.h"

namespace sinter {

void gemm_f32_neon(const Call* call) {
  gemm_f32(call, {multiply_strip_f32_neon, strips_f32_neon});
}
// Halves are floats once they are packed.
void gemm_f32f16f32_neon_wide(const Call* call) {
  gemm_f32_neon(call);
}

}  // namespace sinter
