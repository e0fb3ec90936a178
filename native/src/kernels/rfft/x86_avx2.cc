// rfft in vectors for AVX2. SPDX-License-Identifier: Apache-2.0
#define RFFT_BYTES 32
#include "kernels/rfft/vector.h"

namespace sinter {

void rfft_f32_avx2(const Call* call) {
  run(call);
}

}  // namespace sinter
