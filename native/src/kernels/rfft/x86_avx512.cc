// rfft in vectors for AVX-512. SPDX-License-Identifier: Apache-2.0
#define RFFT_BYTES 64
#include "kernels/rfft/vector.h"

namespace sinter {

void rfft_f32_avx512(const Call* call) {
  run(call);
}

}  // namespace sinter
