// rnn in float on NEON: the products are gemm's, the activation is plain.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rnn/drive.h"

namespace sinter {

void gemm_f32_neon(const Call* call);

void rnn_f32_neon(const Call* call) {
  rnn_drive(call, gemm_f32_neon, rnn_activate);
}

}  // namespace sinter
