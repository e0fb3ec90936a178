// conv in float for AVX-512. SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_f32.h"

namespace sinter {

void conv_f32_avx512(const Call* call) {
  conv_f32(call, {multiply_strip_f32_avx512, strips_f32_avx512});
}
// Halves are floats once they are packed.
void conv_f32f16f32_avx512_wide(const Call* call) {
  conv_f32_avx512(call);
}

}  // namespace sinter
