// Sums whose definition is an order, from left to right: one thread adds what the others have put side by side.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_SERIAL_CUH_
#define SINTER_CUDA_SERIAL_CUH_

#include <stdint.h>

namespace sinter {
namespace {

enum { SERIAL_CHUNK = 4096, SERIAL_STEP = 32 };

// Of term(0) .. term(count - 1), none of them negative; all threads of a block of `block` get the sum.
template <int block, class Term>
__device__ float serial_sum(int32_t count, const Term& term) {
  __shared__ __align__(16) float terms[SERIAL_CHUNK];
  __shared__ float total;
  const int32_t thread = static_cast<int32_t>(threadIdx.x);
  float sum = 0.0f;
  for (int32_t first = 0; first < count; first += SERIAL_CHUNK) {
    const int32_t here = count - first < SERIAL_CHUNK ? count - first : SERIAL_CHUNK;
    const int32_t whole = (here + SERIAL_STEP - 1) / SERIAL_STEP * SERIAL_STEP;
    __syncthreads();
    for (int32_t i = thread; i < whole; i += block) terms[i] = i < here ? term(first + i) : 0.0f;  // 0 changes nothing
    __syncthreads();
    if (thread != 0) continue;
    // Loads of a step are under way together; the additions wait for each other alone.
    for (int32_t i = 0; i < whole; i += SERIAL_STEP) {
      float4 part[SERIAL_STEP / 4];
#pragma unroll
      for (int k = 0; k < SERIAL_STEP / 4; k++) part[k] = *reinterpret_cast<const float4*>(&terms[i + 4 * k]);
#pragma unroll
      for (int k = 0; k < SERIAL_STEP / 4; k++) {
        sum += part[k].x;
        sum += part[k].y;
        sum += part[k].z;
        sum += part[k].w;
      }
    }
  }
  if (thread == 0) total = sum;
  __syncthreads();
  return total;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_CUDA_SERIAL_CUH_
