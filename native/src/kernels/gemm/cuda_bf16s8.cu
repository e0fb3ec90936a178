// gemm with activations in bfloat16 and weights in int8: numerics bf16s8. For few rows weights are widened in
// registers, for many once for the tiles of bfloat16. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cuda_gemv.cuh"
#include "kernels/gemm/cuda_stream.cuh"

namespace sinter {
namespace {

// One thread per 16 weights: 32 bytes of bfloat16.
__global__ void widen_rows(const uint4* from, uint4* to, int64_t count) {
  const int64_t at = blockIdx.x * int64_t{256} + threadIdx.x;
  if (at >= count) return;
  const uint4 v = __ldg(from + at);
  const uint32_t words[4] = {v.x, v.y, v.z, v.w};
  uint2 wide[4];
#pragma unroll
  for (int i = 0; i < 4; i++) wide[i] = SkinnyBf16S8::words(words, i);
  to[2 * at] = make_uint4(wide[0].x, wide[0].y, wide[1].x, wide[1].y);
  to[2 * at + 1] = make_uint4(wide[2].x, wide[2].y, wide[3].x, wide[3].y);
}

}  // namespace

cudaError_t launch_widen_rows(const void* rows, int64_t bytes, void* to, cudaStream_t stream) {
  const int64_t count = bytes / 16, grid = (count + 255) / 256;
  widen_rows<<<static_cast<unsigned>(grid), 256, 0, stream>>>(static_cast<const uint4*>(rows), static_cast<uint4*>(to),
                                                              count);
  return cudaGetLastError();
}

cudaError_t launch_skinny_bf16s8(const GemmTask& task) {
  const GemmParams& p = *task.p;
  // Longer rows of A do not fit in shared memory as floats.
  if (p.m == 1 && p.k <= 24576 && task.variant == 0) {
    return launch_gemv<2, 4, 16>(skinny_task<SkinnyBf16S8>(task, 1), task.stream);
  }
  return choose_stream<SkinnyBf16S8, ToF32Scaled>(task, 1);
}

}  // namespace sinter
