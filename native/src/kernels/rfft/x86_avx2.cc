// rfft in vectors for AVX2. SPDX-License-Identifier: Apache-2.0
#define RFFT_BYTES 32
#include "kernels/rfft/vector.h"

namespace sinter {

int64_t rfft_avx2_scratch(const void* params, int threads) {
  return scratch_bytes(params, threads);
}

void rfft_f32_avx2(const Call* call) {
  run(call);
}

}  // namespace sinter
