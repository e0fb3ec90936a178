// conv in float for arm64. SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_f32.h"

namespace sinter {

void conv_f32_neon(const Call* call) {
  conv_f32(call, {multiply_strip_f32_neon, strips_f32_neon});
}
// Halves are floats once they are packed.
void conv_f32f16f32_neon_wide(const Call* call) {
  conv_f32_neon(call);
}

}  // namespace sinter
