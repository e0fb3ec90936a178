// argmax_pool in vectors for any machine. SPDX-License-Identifier: Apache-2.0
#define ARGMAX_POOL_BYTES 16
#include "kernels/argmax_pool/vector.h"

namespace sinter {

void argmax_pool_f32_portable(const Call* call) {
  run(call);
}

}  // namespace sinter
