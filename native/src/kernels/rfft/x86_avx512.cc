// rfft in vectors for AVX-512. SPDX-License-Identifier: Apache-2.0
#define RFFT_BYTES 64
#include "kernels/rfft/vector.h"

namespace sinter {

int64_t rfft_avx512_scratch(const void* params, int threads) {
  return scratch_bytes(params, threads);
}

void rfft_f32_avx512(const Call* call) {
  run(call);
}

}  // namespace sinter
