// gemm for few rows of A in int8 and bfloat16 (cuda_skinny.cuh), and the kernels that make rows of A fit for the
// others. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/cuda_stream.cuh"

namespace sinter {
namespace {

// One thread per 16 bytes of the result.
__global__ void align_rows(const char* a, int64_t m, int64_t row_bytes, int64_t lda_bytes, uint4* to, int64_t pieces) {
  const int64_t at = blockIdx.x * int64_t{256} + threadIdx.x, row = at / pieces, column = at % pieces * 16;
  if (row >= m) return;
  const uint8_t* from = reinterpret_cast<const uint8_t*>(a) + row * lda_bytes + column;
  uint32_t words[4] = {0, 0, 0, 0};
#pragma unroll
  for (int i = 0; i < 16; i++) {
    if (column + i < row_bytes) words[i / 4] |= static_cast<uint32_t>(__ldg(from + i)) << i % 4 * 8;
  }
  to[at] = make_uint4(words[0], words[1], words[2], words[3]);
}

// Wide enough to be shifted into the upper half of a word.
__device__ __forceinline__ uint32_t bf16_word(float value) {
  return bf16_from_float(value);
}

__global__ void round_rows(const float* a, int64_t m, int64_t k, int64_t lda, uint4* to, int64_t pieces) {
  const int64_t at = blockIdx.x * int64_t{256} + threadIdx.x, row = at / pieces, column = at % pieces * 8;
  if (row >= m) return;
  const float* from = a + row * lda + column;
  uint32_t words[4] = {0, 0, 0, 0};
  if (column + 8 <= k && (reinterpret_cast<uintptr_t>(from) & 15) == 0) {
    const float4 low = __ldg(reinterpret_cast<const float4*>(from)),
                 high = __ldg(reinterpret_cast<const float4*>(from) + 1);
    words[0] = bf16_word(low.x) | bf16_word(low.y) << 16;
    words[1] = bf16_word(low.z) | bf16_word(low.w) << 16;
    words[2] = bf16_word(high.x) | bf16_word(high.y) << 16;
    words[3] = bf16_word(high.z) | bf16_word(high.w) << 16;
  } else {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      if (column + i < k) words[i / 2] |= bf16_word(__ldg(from + i)) << i % 2 * 16;
    }
  }
  to[at] = make_uint4(words[0], words[1], words[2], words[3]);
}

}  // namespace

cudaError_t launch_align_rows(const void* a, int64_t m, int64_t row_bytes, int64_t lda_bytes, void* to, int64_t stride,
                              cudaStream_t stream) {
  if (m == 0) return cudaSuccess;
  const int64_t pieces = stride / 16, grid = (m * pieces + 255) / 256;
  align_rows<<<static_cast<unsigned>(grid), 256, 0, stream>>>(static_cast<const char*>(a), m, row_bytes, lda_bytes,
                                                              static_cast<uint4*>(to), pieces);
  return cudaGetLastError();
}

cudaError_t launch_round_rows(const float* a, int64_t m, int64_t k, int64_t lda, void* to, int64_t stride,
                              cudaStream_t stream) {
  if (m == 0) return cudaSuccess;
  const int64_t pieces = stride / 16, grid = (m * pieces + 255) / 256;
  round_rows<<<static_cast<unsigned>(grid), 256, 0, stream>>>(a, m, k, lda, static_cast<uint4*>(to), pieces);
  return cudaGetLastError();
}

cudaError_t launch_skinny_s8s32(const GemmTask& task) {
  return choose_stream<SkinnyS8, ToS32>(task, 1);
}
cudaError_t launch_skinny_s8s8(const GemmTask& task) {
  return choose_stream<SkinnyS8, ToS8>(task, 1);
}
cudaError_t launch_skinny_bf16(const GemmTask& task) {
  return choose_stream<SkinnyBf16, ToF32>(task, 2);
}
cudaError_t launch_skinny_bf16_bf16(const GemmTask& task) {
  return choose_stream<SkinnyBf16, ToBf16>(task, 2);
}

}  // namespace sinter
