// depthwise in float for AVX-512: vector_f32.h with 16 lanes.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise/lanes_avx512.h"

namespace sinter {
namespace {

typedef FloatsOf16 V;

}  // namespace
}  // namespace sinter

#include "kernels/depthwise/vector_f32.h"

namespace sinter {

void depthwise_f32_avx512(const Call* call) {
  depthwise_f32(call);
}

}  // namespace sinter
