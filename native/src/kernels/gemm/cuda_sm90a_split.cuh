// gemm on Hopper where there are too few tiles for all multiprocessors: the blocks of a cluster share one tile's k.
// SPDX-License-Identifier: Apache-2.0
//
// Each block multiplies its part of k as gemm_tiles does (words as there: rows of A by columns of C), leaves its sums
// in its shared memory, and then adds up and stores every `splits`-th row of the tile from all of the cluster's blocks,
// in the order of k: results do not depend on who is first.
#ifndef SINTER_KERNELS_GEMM_CUDA_SM90A_SPLIT_CUH_
#define SINTER_KERNELS_GEMM_CUDA_SM90A_SPLIT_CUH_

#include "kernels/gemm/cuda_sm90a_tile.cuh"

namespace sinter {
namespace {

template <class SumType, class ToType, int split_count>
struct SplitForm {
  typedef SumType Sum;
  typedef ToType To;
  static constexpr int splits = split_count, rows = 128, columns = 128;
  static constexpr int tile = 128 * 128, stage = 2 * tile, stages = 6;
  static constexpr int pitch = columns + 8;  // of a row of sums: rows 8 words apart in the banks
  static constexpr int shared_bytes = 1024 + stages * stage + 16 * stages;
  static constexpr int threads = 384;
  static_assert(rows * pitch * 4 <= stages * stage, "sums stand where the ring was");
};

__device__ __forceinline__ void read_block(uint32_t at, uint32_t block, uint32_t (&words)[4]) {
  asm volatile(
      "{\n\t.reg .b32 there;\n\tmapa.shared::cluster.u32 there, %4, %5;\n\t"
      "ld.shared::cluster.v4.u32 {%0, %1, %2, %3}, [there];\n\t}"
      : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
      : "r"(at), "r"(block)
      : "memory");
}
__device__ __forceinline__ void write_pair(uint32_t at, int32_t a, int32_t b) {
  asm volatile("st.shared.v2.b32 [%0], {%1, %2};" ::"r"(at), "r"(a), "r"(b) : "memory");
}
__device__ __forceinline__ void write_pair(uint32_t at, float a, float b) {
  write_pair(at, __float_as_int(a), __float_as_int(b));
}
__device__ __forceinline__ void add_word(int32_t& sum, uint32_t word) {
  sum = static_cast<int32_t>(static_cast<uint32_t>(sum) + word);
}
__device__ __forceinline__ void add_word(float& sum, uint32_t word) {
  sum = __fadd_rn(sum, __uint_as_float(word));
}

// Four neighbours of a row.
template <class F>
__device__ __forceinline__ void store_four(const typename F::Sum (&sum)[4], const TileTask& t, int row, int column) {
  typedef typename F::To::Out Out;
  typedef typename F::To::Bias Bias;
  alignas(16) Out out[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
    // Behind n the header has zeros up to a multiple of 256.
    out[i] = F::To::value(sum[i], __ldg(static_cast<const Bias*>(t.bias) + column + i),
                          F::To::scaled ? __ldg(t.scale + column + i) : 0.0f, t.bounds);
  }
  Out* to = static_cast<Out*>(t.c) + row * t.ldc + column;
  if (t.wide && column + 4 <= t.columns) {
    if constexpr (sizeof(Out) == 1) {
      *reinterpret_cast<uint32_t*>(to) = *reinterpret_cast<const uint32_t*>(out);
    } else if constexpr (sizeof(Out) == 2) {
      *reinterpret_cast<uint2*>(to) = *reinterpret_cast<const uint2*>(out);
    } else {
      *reinterpret_cast<uint4*>(to) = *reinterpret_cast<const uint4*>(out);
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < 4; i++) {
    if (column + i < t.columns) to[i] = out[i];
  }
}

template <class F>
__global__ void __launch_bounds__(F::threads, 1)
    gemm_split(const __grid_constant__ CUtensorMap row_map, const __grid_constant__ CUtensorMap column_map,
               const __grid_constant__ TileTask t) {
  extern __shared__ __align__(1024) char dynamic_shared[];
  const uint32_t ring = (shared_address(dynamic_shared) + 1023) & ~1023u;
  const uint32_t full = ring + F::stages * F::stage, empty = full + 8 * F::stages;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const uint32_t rank = cluster_rank();
  const int tile = blockIdx.x / F::splits;
  const int row0 = tile % t.row_tiles * F::rows, column0 = tile / t.row_tiles * F::columns;
  const int first = static_cast<int>(int64_t{t.steps} * rank / F::splits),
            last = static_cast<int>(int64_t{t.steps} * (rank + 1) / F::splits);
  if (threadIdx.x == 0) {
    for (int s = 0; s < F::stages; s++) {
      barrier_init(full + 8 * s, 1);
      barrier_init(empty + 8 * s, 8);
    }
    barrier_init_fence();
  }
  __syncthreads();

  if (warp < 4) {
    if (threadIdx.x == 0) {
      int s = 0;
      uint32_t phase = 0;
      for (int step = first; step < last; step++) {
        barrier_wait(empty + 8 * s, phase ^ 1);
        barrier_expect(full + 8 * s, F::stage);
        copy_box(ring + s * F::stage, &row_map, step * 128, row0, full + 8 * s);
        copy_box(ring + s * F::stage + F::tile, &column_map, step * 128, column0, full + 8 * s);
        if (++s == F::stages) {
          s = 0;
          phase ^= 1;
        }
      }
    }
    __syncwarp();
    cluster_sync();
    cluster_sync();
    return;
  }

  const int half = warp / 4 - 1;
  typename F::Sum d[F::columns / 2];
  int s = 0, before = 0, step = first;
  uint32_t phase = 0;
  do {  // every block has a step
    barrier_wait(full + 8 * s, phase);
    const uint64_t rows = operand<128>(ring + s * F::stage + half * 64 * 128);
    const uint64_t columns = operand<128>(ring + s * F::stage + F::tile);
    products_fence();
#pragma unroll
    for (int i = 0; i < 4; i++) product(d, rows + 2 * i, columns + 2 * i, step > first || i > 0);
    products_commit();
    if (step > first) {
      products_wait<1>();
      if (lane == 0) barrier_arrive(empty + 8 * before);
    }
    before = s;
    if (++s == F::stages) {
      s = 0;
      phase ^= 1;
    }
  } while (++step < last);
  products_wait<0>();
  group_sync<256>(1);  // both halves have read all of the ring
  const uint32_t mine = ring + ((half * 64 + warp % 4 * 16 + lane / 4) * F::pitch + 2 * (lane % 4)) * 4;
#pragma unroll
  for (int j = 0; j < F::columns / 8; j++) {
    write_pair(mine + 32 * j, d[4 * j], d[4 * j + 1]);
    write_pair(mine + 32 * j + 8 * F::pitch * 4, d[4 * j + 2], d[4 * j + 3]);
  }
  cluster_sync();
  for (int v = threadIdx.x - 128; v < F::rows / F::splits * 32; v += 256) {
    const int row = v / 32 * F::splits + static_cast<int>(rank), column = v % 32 * 4;
    if (row0 + row >= t.rows || column0 + column >= t.columns) continue;
    typename F::Sum sum[4] = {};
#pragma unroll
    for (int block = 0; block < F::splits; block++) {
      uint32_t words[4];
      read_block(ring + (row * F::pitch + column) * 4, block, words);
#pragma unroll
      for (int i = 0; i < 4; i++) add_word(sum[i], words[i]);
    }
    store_four<F>(sum, t, row0 + row, column0 + column);
  }
  __syncwarp();
  cluster_sync();  // nobody leaves while others read
}

// There are at least `splits` steps.
template <class F>
cudaError_t launch_split(const CUtensorMap& row_map, const CUtensorMap& column_map, TileTask t, cudaStream_t stream) {
  static const cudaError_t raised =
      cudaFuncSetAttribute(gemm_split<F>, cudaFuncAttributeMaxDynamicSharedMemorySize, F::shared_bytes);
  if (raised != cudaSuccess) return raised;
  t.row_tiles = (t.rows + F::rows - 1) / F::rows;
  t.column_tiles = (t.columns + F::columns - 1) / F::columns;
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(t.row_tiles * t.column_tiles * F::splits));
  config.blockDim = dim3(F::threads);
  config.dynamicSmemBytes = F::shared_bytes;
  config.stream = stream;
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = F::splits;
  attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
  config.attrs = &attribute;
  config.numAttrs = 1;
  return cudaLaunchKernelEx(&config, gemm_split<F>, row_map, column_map, t);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_SM90A_SPLIT_CUH_
