// rnn, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rnn/drive.h"

namespace sinter {

void gemm_f32_reference(const Call* call);
void gemm_f32s8f32_reference(const Call* call);

void rnn_f32_reference(const Call* call) {
  rnn_drive(call, gemm_f32_reference, rnn_activate);
}

void rnn_f32s8_reference(const Call* call) {
  rnn_drive(call, gemm_f32s8f32_reference, rnn_activate);
}

}  // namespace sinter
