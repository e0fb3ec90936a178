// resize, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/resize/drive.h"

namespace sinter {

void resize_f32_reference(const Call* call) {
  run<float>(call);
}

void resize_s8_reference(const Call* call) {
  run<int8_t>(call);
}

void resize_u8_reference(const Call* call) {
  run<uint8_t>(call);
}

void resize_s16_reference(const Call* call) {
  run<int16_t>(call);
}

}  // namespace sinter
