// unpool in vectors for AVX2. SPDX-License-Identifier: Apache-2.0
#define UNPOOL_BYTES 32
#include "kernels/unpool/vector.h"

namespace sinter {

void unpool_f32_avx2(const Call* call) {
  run(call);
}

}  // namespace sinter
