// argmax_pool in vectors for AVX2. SPDX-License-Identifier: Apache-2.0
#define ARGMAX_POOL_BYTES 32
#include "kernels/argmax_pool/vector.h"

namespace sinter {

void argmax_pool_f32_avx2(const Call* call) {
  run(call);
}

}  // namespace sinter
