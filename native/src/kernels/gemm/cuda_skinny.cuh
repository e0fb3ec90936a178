// gemm for few rows of A, where reading W is all the time it takes. mma.sync with W as the instruction's rows.
// SPDX-License-Identifier: Apache-2.0
//
// A block has 16 rows of W (16 columns of C) and up to 64 rows of A; its warps share k among them and add up in shared
// memory, in a fixed order. A lane reads 16 bytes of two rows of W at a time. Which k the instruction takes to be which
// does not matter as long as both operands agree, so a lane's 16 bytes serve as they come.
#ifndef SINTER_KERNELS_GEMM_CUDA_SKINNY_CUH_
#define SINTER_KERNELS_GEMM_CUDA_SKINNY_CUH_

#include <cuda_runtime.h>

#include "kernels/gemm/cuda_epilogue.cuh"
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_packing.h"

namespace sinter {
namespace {

struct SkinnyTask {
  const char* a;
  int64_t lda_bytes, k_bytes;  // of A
  int32_t m, n;
  int32_t blocks;     // of 64 bytes, in a row of W
  int64_t row_bytes;  // of W
  const char* w;
  const void* bias;
  const float* scale;
  void* c;
  int64_t ldc;
  Bounds bounds;
};

__device__ __forceinline__ uint4 read_once(const char* p) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(p));
  return v;
}

// Each form: A's bytes per value, how many 16-byte pieces of A belong to 16 bytes of W, and the products of these.
struct SkinnyS8 {
  typedef int32_t Sum;
  static constexpr int a_bytes = 1, pieces = 1, products = 2;
  static __device__ __forceinline__ void multiply(int32_t (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3,
                                                  uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};"
        : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  }
  // The two words of a row that product i takes.
  static __device__ __forceinline__ uint2 words(const uint32_t (&w)[4], int i) {
    return make_uint2(w[2 * i], w[2 * i + 1]);
  }
};
struct SkinnyBf16 {
  typedef float Sum;
  static constexpr int a_bytes = 2, pieces = 1, products = 2;
  static __device__ __forceinline__ void multiply(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2, uint32_t a3,
                                                  uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, "
        "%2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  }
  static __device__ __forceinline__ uint2 words(const uint32_t (&w)[4], int i) {
    return make_uint2(w[2 * i], w[2 * i + 1]);
  }
};
// W in int8: made bfloat16 on the way, exactly. 0x43 in front of seven bits is 128 plus their value, and of that goes
// 128, or 256 where the eighth bit, the sign, is set.
struct SkinnyBf16S8 : SkinnyBf16 {
  static constexpr int pieces = 2, products = 4;
  static __device__ __forceinline__ uint32_t widen(uint32_t bytes) {
    const uint32_t sum = (bytes & 0x007f007f) | 0x43004300, less = (bytes & 0x00800080) | 0xc300c300;
    uint32_t value;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(value) : "r"(sum), "r"(0x3f803f80), "r"(less));
    return value;
  }
  static __device__ __forceinline__ uint2 words(const uint32_t (&w)[4], int i) {
    return make_uint2(widen(__byte_perm(w[i], 0, 0x4140)), widen(__byte_perm(w[i], 0, 0x4342)));
  }
};

// 16 bytes of row `row` of A from byte `at` on; zeros outside. `whole`: rows, strides and k are multiples of 16 bytes.
template <int value_bytes, bool whole>
__device__ __forceinline__ uint4 read_a(const SkinnyTask& t, int row, int64_t at) {
  uint4 v = make_uint4(0, 0, 0, 0);
  if (row >= t.m || at >= t.k_bytes) return v;
  const char* from = t.a + row * t.lda_bytes + at;
  if (whole) return __ldg(reinterpret_cast<const uint4*>(from));
  uint32_t words[4] = {0, 0, 0, 0};
#pragma unroll
  for (int i = 0; i < 16; i += value_bytes) {
    if (at + i < t.k_bytes) {
      const uint32_t value = value_bytes == 1 ? __ldg(reinterpret_cast<const uint8_t*>(from + i))
                                              : __ldg(reinterpret_cast<const uint16_t*>(from + i));
      words[i / 4] |= value << i % 4 * 8;
    }
  }
  return make_uint4(words[0], words[1], words[2], words[3]);
}

enum { SKINNY_AHEAD = 4 };  // blocks of 64 bytes that a warp reads at once

template <class Form, class To, int eights, int warps, bool whole>
__global__ void __launch_bounds__(32 * warps) gemm_skinny(const __grid_constant__ SkinnyTask t) {
  typedef typename Form::Sum Sum;
  __shared__ Sum sums[warps][eights * 4][32];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, group = lane / 4, q = lane % 4;
  const int n0 = blockIdx.x * 16, m0 = blockIdx.y * 8 * eights;
  const char* upper = t.w + min(n0 + group, t.n - 1) * t.row_bytes + 16 * q;
  const char* lower = t.w + min(n0 + group + 8, t.n - 1) * t.row_bytes + 16 * q;
  Sum d[eights][4] = {};
  for (int block0 = warp * SKINNY_AHEAD; block0 < t.blocks; block0 += warps * SKINNY_AHEAD) {
    uint32_t up[SKINNY_AHEAD][4], low[SKINNY_AHEAD][4];
#pragma unroll
    for (int b = 0; b < SKINNY_AHEAD; b++) {
      uint4 u = make_uint4(0, 0, 0, 0), l = u;
      if (block0 + b < t.blocks) {
        u = read_once(upper + int64_t{64} * (block0 + b));
        l = read_once(lower + int64_t{64} * (block0 + b));
      }
      up[b][0] = u.x, up[b][1] = u.y, up[b][2] = u.z, up[b][3] = u.w;
      low[b][0] = l.x, low[b][1] = l.y, low[b][2] = l.z, low[b][3] = l.w;
    }
#pragma unroll
    for (int b = 0; b < SKINNY_AHEAD; b++) {
      uint2 u[Form::products], l[Form::products];
#pragma unroll
      for (int i = 0; i < Form::products; i++) {
        u[i] = Form::words(up[b], i);
        l[i] = Form::words(low[b], i);
      }
#pragma unroll
      for (int e = 0; e < eights; e++) {
        const int64_t at = (int64_t{64} * (block0 + b) + 16 * q) * Form::pieces;
        uint32_t a[4 * Form::pieces];
#pragma unroll
        for (int piece = 0; piece < Form::pieces; piece++) {
          const uint4 v = read_a<Form::a_bytes, whole>(t, m0 + 8 * e + group, at + 16 * piece);
          a[4 * piece] = v.x, a[4 * piece + 1] = v.y, a[4 * piece + 2] = v.z, a[4 * piece + 3] = v.w;
        }
#pragma unroll
        for (int i = 0; i < Form::products; i++) {
          Form::multiply(d[e], u[i].x, l[i].x, u[i].y, l[i].y, a[2 * i], a[2 * i + 1]);
        }
      }
    }
  }
#pragma unroll
  for (int e = 0; e < eights; e++) {
#pragma unroll
    for (int i = 0; i < 4; i++) sums[warp][4 * e + i][lane] = d[e][i];
  }
  __syncthreads();
  for (int v = threadIdx.x; v < eights * 128; v += 32 * warps) {
    const int e = v / 128, i = v / 32 % 4;
    Sum sum = 0;
    for (int w = 0; w < warps; w++) sum += sums[w][v / 32][lane];
    const int n = n0 + group + i / 2 * 8, m = m0 + 8 * e + 2 * q + i % 2;
    if (n < t.n && m < t.m) {
      static_cast<typename To::Out*>(t.c)[m * t.ldc + n] =
          To::value(sum, __ldg(static_cast<const typename To::Bias*>(t.bias) + n),
                    To::scaled ? __ldg(t.scale + n) : 0.0f, t.bounds);
    }
  }
}

static inline int device_number(cudaDeviceAttr attribute) {
  int device = 0, value = 0;
  cudaGetDevice(&device);
  cudaDeviceGetAttribute(&value, attribute, device);
  return value;
}

template <class Form, class To, int eights, int warps>
cudaError_t launch_skinny(const SkinnyTask& t, bool whole, cudaStream_t stream) {
  const dim3 grid((t.n + 15) / 16, (t.m + 8 * eights - 1) / (8 * eights));
  if (whole) {
    gemm_skinny<Form, To, eights, warps, true><<<grid, 32 * warps, 0, stream>>>(t);
  } else {
    gemm_skinny<Form, To, eights, warps, false><<<grid, 32 * warps, 0, stream>>>(t);
  }
  return cudaGetLastError();
}

// `w_bytes`: of a value of W.
template <class Form>
SkinnyTask skinny_task(const GemmTask& task, int64_t w_bytes) {
  const GemmParams& p = *task.p;
  SkinnyTask t = {};
  t.a = static_cast<const char*>(task.a);
  t.lda_bytes = int64_t{p.lda} * Form::a_bytes;
  t.k_bytes = int64_t{p.k} * Form::a_bytes;
  t.m = p.m;
  t.n = p.n;
  t.row_bytes = cuda_row_bytes(p.k, w_bytes);
  t.blocks = static_cast<int32_t>(t.row_bytes / 64);
  t.bias = task.w;
  t.scale = static_cast<const float*>(task.w) + cuda_header_columns(p.n);
  t.w = static_cast<const char*>(task.w) + cuda_header_bytes(p.n);
  t.c = task.c;
  t.ldc = p.ldc;
  t.bounds = bounds_of(p);
  return t;
}
// A can be read 16 bytes at a time.
static inline bool whole_rows(const SkinnyTask& t) {
  return reinterpret_cast<uintptr_t>(t.a) % 16 == 0 && t.lda_bytes % 16 == 0 && t.k_bytes % 16 == 0;
}

template <class Form, class To>
cudaError_t choose_skinny(const GemmTask& task, int64_t w_bytes) {
  const GemmParams& p = *task.p;
  if (p.m == 0) return cudaSuccess;
  const SkinnyTask t = skinny_task<Form>(task, w_bytes);
  const bool whole = whole_rows(t);
  const bool sixteen = task.variant == 16 || (task.variant == 0 && p.n <= 2112 && t.blocks >= 64);
  if (p.m <= 8) {
    return sixteen ? launch_skinny<Form, To, 1, 16>(t, whole, task.stream)
                   : launch_skinny<Form, To, 1, 8>(t, whole, task.stream);
  }
  if (p.m <= 16) {
    return sixteen ? launch_skinny<Form, To, 2, 16>(t, whole, task.stream)
                   : launch_skinny<Form, To, 2, 8>(t, whole, task.stream);
  }
  if (p.m <= 32) return launch_skinny<Form, To, 4, 8>(t, whole, task.stream);
  return launch_skinny<Form, To, 8, 8>(t, whole, task.stream);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_SKINNY_CUH_
