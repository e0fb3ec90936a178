// lstm in float on NEON: the products are gemm's, the gates plain.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/drive.h"

namespace sinter {

void gemm_f32_neon(const Call* call);

void lstm_f32_neon(const Call* call) {
  lstm_f32(call, gemm_f32_neon, lstm_step_f32);
}

}  // namespace sinter
