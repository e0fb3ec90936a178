// gemm for few rows of A whose rows are whole 16 bytes: W streams through shared memory without a pause.
// SPDX-License-Identifier: Apache-2.0
//
// Blocks stay and take one tile of 16 or 32 rows of W after the other. Each warp has a ring of its own, which
// asynchronous copies fill with pieces of 128 bytes of k of those rows (and of A's); the copies run ahead over the ends
// of tiles, so that memory is always asked for more. Warps share k and add up in shared memory, in a fixed order.
#ifndef SINTER_KERNELS_GEMM_CUDA_STREAM_CUH_
#define SINTER_KERNELS_GEMM_CUDA_STREAM_CUH_

#include "kernels/gemm/cuda_skinny.cuh"

namespace sinter {
namespace {

struct StreamTask {
  SkinnyTask t;
  int32_t tiles, pieces;  // of W's rows; of 128 bytes along k
  int32_t stages, stage_bytes;
};

__device__ __forceinline__ void copy_16(uint32_t to, const char* from, bool there) {
  asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(there ? 16 : 0)
               : "memory");
}
__device__ __forceinline__ void copies_commit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int pending>
__device__ __forceinline__ void copies_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}
// All but the newest stages - 2 groups.
__device__ __forceinline__ void oldest_wait(int stages) {
  switch (stages) {
    case 2:
      return copies_wait<0>();
    case 3:
      return copies_wait<1>();
    case 4:
      return copies_wait<2>();
    case 5:
      return copies_wait<3>();
    case 6:
      return copies_wait<4>();
    case 7:
      return copies_wait<5>();
    default:
      return copies_wait<6>();
  }
}
__device__ __forceinline__ void read_shared(uint32_t at, uint32_t (&words)[4]) {
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
               : "r"(at)
               : "memory");
}

// Of the memory where warps add up: two where there is room.
__host__ __device__ constexpr int sum_halves(int eights) {
  return eights > 2 ? 1 : 2;
}

template <class Form, class To, int eights, int sixteens, int warps>
__global__ void __launch_bounds__(32 * warps) gemm_stream(const __grid_constant__ StreamTask s) {
  typedef typename Form::Sum Sum;
  constexpr int rows = 16 * sixteens, a_row = 128 * Form::pieces, values = sixteens * eights * 4;
  constexpr int halves = sum_halves(eights);
  extern __shared__ __align__(128) char stream_shared[];
  Sum* sums = reinterpret_cast<Sum*>(stream_shared);  // [halves][warps][values][32]
  const SkinnyTask& t = s.t;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, q = lane % 4;
  const uint32_t ring = static_cast<uint32_t>(__cvta_generic_to_shared(stream_shared)) + halves * warps * values * 128 +
                        warp * s.stages * s.stage_bytes;

  // Where the copies are: always stages - 1 ahead.
  int ahead_tile = blockIdx.x, ahead_piece = warp;
  auto copy_next = [&](int stage) {
    while (ahead_piece >= s.pieces && ahead_tile < s.tiles) {
      ahead_piece = warp;
      ahead_tile += gridDim.x;
      if (warp >= s.pieces) ahead_tile = s.tiles;
    }
    if (ahead_tile < s.tiles) {
      const uint32_t to = ring + stage * s.stage_bytes;
      const int64_t at = int64_t{128} * ahead_piece;
#pragma unroll
      for (int i = 0; i < rows / 4; i++) {
        const int row = 4 * i + lane / 8, part = lane % 8;
        const char* from = t.w + min(ahead_tile * rows + row, t.n - 1) * t.row_bytes + at + 16 * part;
        copy_16(to + row * 128 + (part ^ (row & 1) << 2) * 16, from, at + 16 * part < t.row_bytes);
      }
      constexpr int parts = 8 * Form::pieces, at_once = 32 / parts;
      for (int first = 0; first < t.m; first += at_once) {
        const int row = first + lane / parts, part = lane % parts;
        const int64_t byte = at * Form::pieces + 16 * part;
        if (row < t.m) {
          const int place = Form::pieces == 1 ? part ^ (row & 1) << 2 : part ^ (row & 1);
          copy_16(to + rows * 128 + row * a_row + place * 16, t.a + row * t.lda_bytes + byte, byte < t.k_bytes);
        }
      }
      ahead_piece += warps;
    }
    copies_commit();
  };

  for (int i = 0; i < s.stages - 1; i++) copy_next(i);
  int stage = 0, parity = 0;
  for (int tile = blockIdx.x; tile < s.tiles; tile += gridDim.x) {
    Sum d[sixteens][eights][4] = {};
    for (int piece = warp; piece < s.pieces; piece += warps) {
      oldest_wait(s.stages);
      __syncwarp();
      copy_next(stage == 0 ? s.stages - 1 : stage - 1);
      const uint32_t w_at = ring + stage * s.stage_bytes, a_at = w_at + rows * 128;
      const uint32_t odd = group & 1;
#pragma unroll
      for (int half = 0; half < 2; half++) {
        uint32_t a[eights][Form::pieces][4];
#pragma unroll
        for (int e = 0; e < eights; e++) {
          const int row = 8 * e + group;
#pragma unroll
          for (int i = 0; i < Form::pieces; i++) {
            const int part = (4 * half + q) * Form::pieces + i;
            const int place = Form::pieces == 1 ? part ^ odd << 2 : part ^ odd;
            a[e][i][0] = a[e][i][1] = a[e][i][2] = a[e][i][3] = 0;
            if (row < t.m) read_shared(a_at + row * a_row + place * 16, a[e][i]);
          }
        }
#pragma unroll
        for (int r = 0; r < sixteens; r++) {
          uint32_t up[4], low[4];
          const uint32_t from = w_at + (16 * r + group) * 128 + ((4 * half + q) ^ odd << 2) * 16;
          read_shared(from, up);
          read_shared(from + 1024, low);
#pragma unroll
          for (int i = 0; i < Form::products; i++) {
            const uint2 u = Form::words(up, i), l = Form::words(low, i);
#pragma unroll
            for (int e = 0; e < eights; e++) {
              Form::multiply(d[r][e], u.x, l.x, u.y, l.y, a[e][i / 2][i % 2 * 2], a[e][i / 2][i % 2 * 2 + 1]);
            }
          }
        }
      }
      stage = stage + 1 == s.stages ? 0 : stage + 1;
    }
    Sum* here = sums + parity * warps * values * 32;
#pragma unroll
    for (int r = 0; r < sixteens; r++) {
#pragma unroll
      for (int e = 0; e < eights; e++) {
#pragma unroll
        for (int i = 0; i < 4; i++) here[(warp * values + (r * eights + e) * 4 + i) * 32 + lane] = d[r][e][i];
      }
    }
    __syncthreads();
    // With two halves the other one is free for the next tile: who writes there has passed this barrier, which all
    // reach after they have read it.
    for (int v = threadIdx.x; v < values * 32; v += 32 * warps) {
      const int value = v / 32, r = value / (4 * eights), e = value / 4 % eights, i = value % 4;
      const int n = tile * rows + 16 * r + group + i / 2 * 8, m = 8 * e + 2 * q + i % 2;
      if (n < t.n && m < t.m) {
        Sum sum = 0;
        for (int w = 0; w < warps; w++) sum += here[(w * values + value) * 32 + lane];
        static_cast<typename To::Out*>(t.c)[m * t.ldc + n] =
            To::value(sum, __ldg(static_cast<const typename To::Bias*>(t.bias) + n),
                      To::scaled ? __ldg(t.scale + n) : 0.0f, t.bounds);
      }
    }
    if (halves == 1) __syncthreads();
    parity ^= halves - 1;
  }
}

// `share`: blocks on one multiprocessor.
template <class Form, class To, int eights, int sixteens, int warps>
cudaError_t launch_stream(const SkinnyTask& t, int share, cudaStream_t stream) {
  static const int processors = device_number(cudaDevAttrMultiProcessorCount),
                   shared_most = device_number(cudaDevAttrMaxSharedMemoryPerBlockOptin),
                   shared_all = device_number(cudaDevAttrMaxSharedMemoryPerMultiprocessor);
  static const cudaError_t raised = cudaFuncSetAttribute(gemm_stream<Form, To, eights, sixteens, warps>,
                                                         cudaFuncAttributeMaxDynamicSharedMemorySize, shared_most);
  if (raised != cudaSuccess) return raised;
  const int rows = 16 * sixteens, sum_bytes = sum_halves(eights) * warps * sixteens * eights * 4 * 128;
  StreamTask s = {t, (t.n + rows - 1) / rows, static_cast<int32_t>((t.row_bytes + 127) / 128), 0, 0};
  s.stage_bytes = rows * 128 + t.m * 128 * Form::pieces;
  // The system keeps 1 KiB of each block.
  const int budget = (share == 1 ? shared_most : shared_all / share - 1024) - sum_bytes;
  const int fit = budget / (warps * s.stage_bytes);
  if (fit < 2) return cudaErrorInvalidConfiguration;
  s.stages = fit > 8 ? 8 : fit;
  const int most = processors * share, grid = s.tiles < most ? s.tiles : most;
  const int shared = sum_bytes + warps * s.stages * s.stage_bytes;
  const auto kernel = gemm_stream<Form, To, eights, sixteens, warps>;
  kernel<<<grid, 32 * warps, shared, stream>>>(s);
  return cudaGetLastError();
}

// m <= 32. Where A has about as many bytes as W, tiles of 32 rows read it half as often; else tiles of 16, two blocks
// on a multiprocessor. Variants: 1, 4 choose between these, 8 and 16 are the plain kernel's.
template <class Form, class To>
cudaError_t choose_stream(const GemmTask& task, int64_t w_bytes) {
  const GemmParams& p = *task.p;
  const SkinnyTask t = skinny_task<Form>(task, w_bytes);
  if (p.m == 0 || p.m > 32 || !whole_rows(t) || task.variant >= 8) return choose_skinny<Form, To>(task, w_bytes);
  if (p.m > 16) return launch_stream<Form, To, 4, 2, 8>(t, 1, task.stream);
  const bool wide = task.variant ? task.variant == 1 : Form::pieces > 1 || (p.m > 8 && Form::a_bytes > 1);
  if (p.m > 8) {
    return wide ? launch_stream<Form, To, 2, 2, 8>(t, 1, task.stream)
                : launch_stream<Form, To, 2, 1, 8>(t, 2, task.stream);
  }
  return wide ? launch_stream<Form, To, 1, 2, 8>(t, 1, task.stream)
              : launch_stream<Form, To, 1, 1, 8>(t, 2, task.stream);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_STREAM_CUH_
