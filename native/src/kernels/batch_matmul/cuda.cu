// batch_matmul on the GPU, for any shape: a block computes a tile of 64 x 64 of C by way of shared memory, a thread
// 4 x 4 of it.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "kernels/batch_matmul/op.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/packing_s16.h"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

// A row of a tile in shared memory has four values more than it needs, so that columns lie in different banks.
const int tile = 64, depth = 16, threads = 256, pitch = tile + 4;

struct Shape {
  int64_t m, n, k, batches, row_tiles, column_tiles;
};

// A, B, C: elements of the operands and the result; Value: what they are in shared memory.
struct Floats {
  typedef float A, B, C, Value, Sum;
  explicit Floats(const BatchMatmulParams&) {}
  __device__ float left(float x) const {
    return x;
  }
  __device__ float right(float x) const {
    return x;
  }
  static __device__ float add(float sum, float a, float b) {
    return __fmaf_rn(a, b, sum);
  }
  __device__ float finish(float sum) const {
    return sum;
  }
};

struct RoundedFloats : Floats {
  explicit RoundedFloats(const BatchMatmulParams& p) : Floats(p) {}
  __device__ float left(float x) const {
    return bf16_rounded(x);
  }
  __device__ float right(float x) const {
    return bf16_rounded(x);
  }
};

struct Bytes {
  typedef int8_t A, B, C;
  typedef int32_t Value, Sum;
  int32_t a_zero_point, b_zero_point, out_zero_point, out_min, out_max;
  float scale;
  explicit Bytes(const BatchMatmulParams& p)
      : a_zero_point(p.a_zero_point),
        b_zero_point(p.b_zero_point),
        out_zero_point(p.out_zero_point),
        out_min(p.out_min),
        out_max(p.out_max),
        scale(p.scale) {}
  __device__ int32_t left(int8_t x) const {
    return x - a_zero_point;
  }
  __device__ int32_t right(int8_t x) const {
    return x - b_zero_point;
  }
  static __device__ int32_t add(int32_t sum, int32_t a, int32_t b) {
    return sum + a * b;
  }
  __device__ int8_t finish(int32_t sum) const {
    return requantize_s8(sum, scale, out_zero_point, out_min, out_max);
  }
};

template <class Right>
struct Wide {
  typedef int16_t A, C;
  typedef Right B;
  typedef int32_t Value;
  typedef int64_t Sum;
  int32_t multiplier, shift, out_min, out_max;
  explicit Wide(const BatchMatmulParams& p)
      : multiplier(p.scale_multiplier), shift(p.scale_shift), out_min(p.out_min), out_max(p.out_max) {}
  __device__ int32_t left(int16_t x) const {
    return x;
  }
  __device__ int32_t right(Right x) const {
    return x;
  }
  static __device__ int64_t add(int64_t sum, int32_t a, int32_t b) {
    return sum + a * b;
  }
  __device__ int16_t finish(int64_t sum) const {
    const Columns16 scale = {nullptr, nullptr, &multiplier, &shift, nullptr};
    return bounded_16(requantize_16(sum, scale, 0, REQUANTIZE_FIXED_64), out_min, out_max);
  }
};

template <class Value>
struct alignas(16) Four {
  Value value[4];
};

// Threads read neighbours of memory: along k where that is innermost (`k_inner`), else along the rows or columns of C.
// What is outside is 0, which adds nothing.
template <bool k_inner, class Element, class Value, class Change>
__device__ void load(const Element* from, int64_t lines, int64_t k, int64_t line0, int64_t k0, int64_t line_step,
                     int64_t k_step, Value (*to)[pitch], const Change& change) {
#pragma unroll
  for (int i = 0; i < tile * depth / threads; i++) {
    const int at = static_cast<int>(threadIdx.x) + i * threads;
    const int line = k_inner ? at / depth : at % tile, step = k_inner ? at % depth : at / tile;
    const bool inside = line0 + line < lines && k0 + step < k;
    to[step][line] = inside ? change(from[(line0 + line) * line_step + (k0 + step) * k_step]) : Value{};
  }
}

template <class N, bool transpose_a, bool transpose_b>
__global__ void __launch_bounds__(threads) multiply(BatchMatmulParams p, Shape s, N numbers, const typename N::A* a,
                                                    const typename N::B* b, typename N::C* c) {
  typedef typename N::Value Value;
  typedef typename N::Sum Sum;
  __shared__ __align__(16) Value left[depth][pitch];
  __shared__ __align__(16) Value right[depth][pitch];
  const int64_t lda = a_pitch(p), ldb = b_pitch(p), ldc = c_pitch(p);
  const int64_t row0 = blockIdx.x / s.column_tiles * tile, column0 = blockIdx.x % s.column_tiles * tile;
  const int row = static_cast<int>(threadIdx.x) / 16 * 4, column = static_cast<int>(threadIdx.x) % 16 * 4;
  for (int64_t batch = blockIdx.y; batch < s.batches; batch += gridDim.y) {
    const typename N::A* from_a = a + a_offset(p, batch);
    const typename N::B* from_b = b + b_offset(p, batch);
    Sum sum[4][4] = {};
    for (int64_t k0 = 0; k0 < s.k; k0 += depth) {
      load<!transpose_a>(from_a, s.m, s.k, row0, k0, transpose_a ? 1 : lda, transpose_a ? lda : 1, left,
                         [&](typename N::A x) { return numbers.left(x); });
      load<transpose_b>(from_b, s.n, s.k, column0, k0, transpose_b ? ldb : 1, transpose_b ? 1 : ldb, right,
                        [&](typename N::B x) { return numbers.right(x); });
      __syncthreads();
#pragma unroll
      for (int k = 0; k < depth; k++) {
        const Four<Value> x = *reinterpret_cast<const Four<Value>*>(&left[k][row]);
        const Four<Value> y = *reinterpret_cast<const Four<Value>*>(&right[k][column]);
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
          for (int j = 0; j < 4; j++) sum[i][j] = N::add(sum[i][j], x.value[i], y.value[j]);
        }
      }
      __syncthreads();
    }
    typename N::C* out = c + c_offset(p, batch) + (row0 + row) * ldc + column0 + column;
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
      for (int j = 0; j < 4; j++) {
        if (row0 + row + i < s.m && column0 + column + j < s.n) out[i * ldc + j] = numbers.finish(sum[i][j]);
      }
    }
  }
}

template <class N>
void run(const Call* call) {
  const BatchMatmulParams& p = params_of<BatchMatmulParams>(call);
  const Products q = products_of(p);
  if (q.batches == 0 || q.m == 0) return;
  const Shape s = {q.m, p.n, p.k, q.batches, (q.m + tile - 1) / tile, (int64_t{p.n} + tile - 1) / tile};
  const int64_t most = 65535;
  const dim3 grid(static_cast<unsigned>(s.row_tiles * s.column_tiles),
                  static_cast<unsigned>(s.batches < most ? s.batches : most));
  const typename N::A* a = slot_of<const typename N::A>(call, BATCH_MATMUL_A);
  const typename N::B* b = slot_of<const typename N::B>(call, BATCH_MATMUL_B);
  typename N::C* c = slot_of<typename N::C>(call, BATCH_MATMUL_C);
  const N numbers(p);
  const cudaStream_t stream = stream_of(call);
  if (p.transpose_a && p.transpose_b) {
    multiply<N, true, true><<<grid, threads, 0, stream>>>(p, s, numbers, a, b, c);
  } else if (p.transpose_a) {
    multiply<N, true, false><<<grid, threads, 0, stream>>>(p, s, numbers, a, b, c);
  } else if (p.transpose_b) {
    multiply<N, false, true><<<grid, threads, 0, stream>>>(p, s, numbers, a, b, c);
  } else {
    multiply<N, false, false><<<grid, threads, 0, stream>>>(p, s, numbers, a, b, c);
  }
}

}  // namespace

void batch_matmul_f32_cuda(const Call* call) {
  run<Floats>(call);
}
void batch_matmul_bf16_cuda(const Call* call) {
  run<RoundedFloats>(call);
}
void batch_matmul_s16s16s16_cuda(const Call* call) {
  run<Wide<int16_t>>(call);
}
void batch_matmul_s16s8s16_cuda(const Call* call) {
  run<Wide<int8_t>>(call);
}
void batch_matmul_s8s8s8_cuda(const Call* call) {
  run<Bytes>(call);
}

}  // namespace sinter
