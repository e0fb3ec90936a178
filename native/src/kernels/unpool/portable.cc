// unpool in vectors for any machine. SPDX-License-Identifier: Apache-2.0
#define UNPOOL_BYTES 16
#include "kernels/unpool/vector.h"

namespace sinter {

void unpool_f32_portable(const Call* call) {
  run(call);
}

}  // namespace sinter
