// One row of A in bfloat16 by W in int8, without the tensor cores: nothing but reading W takes time.
// SPDX-License-Identifier: Apache-2.0
//
// A warp takes a few whole rows of W at a time, 512 bytes of each in one copy, and always has the next copies to shared
// memory under way, also over the ends of rows; a lane reads what it copied itself. A stands in shared memory as
// floats, in the order in which lanes read it.
#ifndef SINTER_KERNELS_GEMM_CUDA_GEMV_CUH_
#define SINTER_KERNELS_GEMM_CUDA_GEMV_CUH_

#include "kernels/gemm/cuda_stream.cuh"

namespace sinter {
namespace {

// sum += four weights times four activations. A byte behind 0x4b0000 is a float: 2^23 plus the byte.
__device__ __forceinline__ void add_four(float& sum, uint32_t weights, const float4& a) {
  const uint32_t bytes = weights ^ 0x80808080;
  const float less = -8388736.0f;  // 2^23 and the 128 that the flipped sign stands for
  sum = __fmaf_rn(__fadd_rn(__uint_as_float(__byte_perm(bytes, 0x4b000000, 0x7540)), less), a.x, sum);
  sum = __fmaf_rn(__fadd_rn(__uint_as_float(__byte_perm(bytes, 0x4b000000, 0x7541)), less), a.y, sum);
  sum = __fmaf_rn(__fadd_rn(__uint_as_float(__byte_perm(bytes, 0x4b000000, 0x7542)), less), a.z, sum);
  sum = __fmaf_rn(__fadd_rn(__uint_as_float(__byte_perm(bytes, 0x4b000000, 0x7543)), less), a.w, sum);
}

// rows: of W, that a warp takes together; stages: of the ring, of 512 bytes of each row.
template <int rows, int stages, int warps>
__global__ void __launch_bounds__(32 * warps) gemv_bf16s8(const __grid_constant__ SkinnyTask t) {
  extern __shared__ __align__(16) char gemv_shared[];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int tasks = (t.n + rows - 1) / rows, all_warps = gridDim.x * warps;
  const int pieces = static_cast<int>((t.row_bytes + 511) / 512);
  float4* activations = reinterpret_cast<float4*>(gemv_shared);  // [piece][4][lane]
  const uint32_t ring = static_cast<uint32_t>(__cvta_generic_to_shared(gemv_shared)) + pieces * 2048 +
                        warp * stages * rows * 512 + 16 * lane;
  int ahead_task = blockIdx.x * warps + warp, ahead_piece = 0;
  auto copy_next = [&](int stage) {
    if (ahead_task < tasks) {
      const int64_t at = int64_t{512} * ahead_piece + 16 * lane;
#pragma unroll
      for (int r = 0; r < rows; r++) {
        copy_16(ring + (stage * rows + r) * 512, t.w + min(ahead_task * rows + r, t.n - 1) * t.row_bytes + at,
                at < t.row_bytes);
      }
      if (++ahead_piece == pieces) {
        ahead_piece = 0;
        ahead_task += all_warps;
      }
    }
    copies_commit();
  };
#pragma unroll
  for (int i = 0; i < stages - 1; i++) copy_next(i);
  for (int at = threadIdx.x; at < pieces * 128; at += 32 * warps) {
    const int k = at / 128 * 512 + at % 32 * 16 + at / 32 % 4 * 4;
    const uint16_t* a = reinterpret_cast<const uint16_t*>(t.a) + k;
    float v[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
      v[i] = (k + i) * 2 < t.k_bytes ? __uint_as_float(static_cast<uint32_t>(__ldg(a + i)) << 16) : 0.0f;
    }
    activations[at] = make_float4(v[0], v[1], v[2], v[3]);
  }
  __syncthreads();
  int stage = 0;
  for (int task = blockIdx.x * warps + warp; task < tasks; task += all_warps) {
    float sums[rows] = {};
    for (int piece = 0; piece < pieces; piece++) {
      copies_wait<stages - 2>();
      copy_next(stage == 0 ? stages - 1 : stage - 1);
      uint32_t w[rows][4];
#pragma unroll
      for (int r = 0; r < rows; r++) read_shared(ring + (stage * rows + r) * 512, w[r]);
#pragma unroll
      for (int j = 0; j < 4; j++) {
        const float4 four = activations[piece * 128 + 32 * j + lane];
#pragma unroll
        for (int r = 0; r < rows; r++) add_four(sums[r], w[r][j], four);
      }
      stage = stage + 1 == stages ? 0 : stage + 1;
    }
#pragma unroll
    for (int r = 0; r < rows; r++) {
#pragma unroll
      for (int apart = 16; apart > 0; apart /= 2) sums[r] += __shfl_xor_sync(0xffffffff, sums[r], apart);
      const int n = task * rows + r;
      if (lane == r && n < t.n) {
        static_cast<float*>(t.c)[n] =
            ToF32Scaled::value(sums[r], __ldg(static_cast<const float*>(t.bias) + n), __ldg(t.scale + n), t.bounds);
      }
    }
  }
}

template <int rows, int stages, int warps>
cudaError_t launch_gemv(const SkinnyTask& t, cudaStream_t stream) {
  static const int processors = device_number(cudaDevAttrMultiProcessorCount),
                   shared_most = device_number(cudaDevAttrMaxSharedMemoryPerBlockOptin);
  const auto kernel = gemv_bf16s8<rows, stages, warps>;
  static const cudaError_t raised =
      cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_most);
  if (raised != cudaSuccess) return raised;
  const int64_t shared = (t.row_bytes + 511) / 512 * 2048 + warps * stages * rows * 512;
  if (shared > shared_most) return cudaErrorInvalidConfiguration;
  const int needed = (t.n + rows * warps - 1) / (rows * warps), grid = needed < processors ? needed : processors;
  kernel<<<grid, 32 * warps, static_cast<size_t>(shared), stream>>>(t);
  return cudaGetLastError();
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_GEMV_CUH_
