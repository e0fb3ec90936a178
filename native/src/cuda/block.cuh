// Sums and the like over the threads of a warp or of a block.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_BLOCK_CUH_
#define SINTER_CUDA_BLOCK_CUH_

#include <stdint.h>

namespace sinter {
namespace {

struct Plus {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Larger {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a > b ? a : b;
  }
};

// Of all 32 threads of a warp; all of them get the result.
template <class T, class Op>
__device__ T warp_fold(T value, Op op) {
#pragma unroll
  for (int mask = 16; mask > 0; mask /= 2) value = op(value, __shfl_xor_sync(0xffffffffu, value, mask));
  return value;
}

// Of all threads of a block of 32 * warps; all of them get the result.
template <int warps, class T, class Op>
__device__ T block_fold(T value, Op op) {
  __shared__ T part[warps];
  value = warp_fold(value, op);
  __syncthreads();  // an earlier result may still be read
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = value;
  __syncthreads();
  value = part[0];
  for (int w = 1; w < warps; w++) value = op(value, part[w]);
  return value;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_CUDA_BLOCK_CUH_
