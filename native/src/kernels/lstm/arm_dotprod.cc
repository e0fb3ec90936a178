// lstm in int8 with dot products: the products are gemm's, the gates plain.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/drive.h"

namespace sinter {

void gemm_s8s8s32_dotprod(const Call* call);

void lstm_s8_dotprod(const Call* call) {
  lstm_s8(call, gemm_s8s8s32_dotprod, lstm_step_s8);
}

}  // namespace sinter
