// gemm in float for AVX-512. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_f32.h"

namespace sinter {

void gemm_f32_avx512(const Call* call) {
  gemm_f32(call, {multiply_strip_f32_avx512, strips_f32_avx512});
}
// Halves are floats once they are packed.
void gemm_f32f16f32_avx512_wide(const Call* call) {
  gemm_f32_avx512(call);
}

}  // namespace sinter
