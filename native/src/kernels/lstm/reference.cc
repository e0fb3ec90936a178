// lstm, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/drive.h"

namespace sinter {

void gemm_f32_reference(const Call* call);
void gemm_s8s8s32_reference(const Call* call);
void gemm_f32s8f32_reference(const Call* call);

void lstm_f32_reference(const Call* call) {
  lstm_f32(call, gemm_f32_reference, lstm_step_f32);
}

void lstm_f32s8_reference(const Call* call) {
  lstm_f32(call, gemm_f32s8f32_reference, lstm_step_f32);
}

void lstm_s8_reference(const Call* call) {
  lstm_s8(call, gemm_s8s8s32_reference, lstm_step_s8);
}

}  // namespace sinter
