// rfft in vectors for any machine, 16 bytes: SSE2, NEON. SPDX-License-Identifier: Apache-2.0
#define RFFT_BYTES 16
#include "kernels/rfft/vector.h"

namespace sinter {

void rfft_f32_portable(const Call* call) {
  run(call);
}

}  // namespace sinter
