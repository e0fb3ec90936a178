// reduce on the GPU: sums of one output are shared by the threads of a warp or block, channels that stay lie across the
// threads. Products, whose every step is rounded, are one thread's work each.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/block.cuh"
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "kernels/reduce/integer.h"
#include "kernels/reduce/op.h"
#include "kernels/reduce/scaling.h"
#include "kernels/reduce/shape.h"

namespace sinter {
namespace {

struct Shape {
  ReduceShape s;
  Divisor reduced1, reduced2;  // inner sizes of what is reduced

  explicit Shape(const ReduceShape& shape)
      : s(shape),
        reduced1(static_cast<uint32_t>(shape.reduced[1])),
        reduced2(static_cast<uint32_t>(shape.reduced[2])) {}
  // Where the first element of an output is.
  __device__ int64_t first(int64_t output) const {
    int64_t at = 0;
#pragma unroll
    for (int k = 3; k >= 0; k--) {
      if (s.kept[k] == 1) continue;
      const int64_t rest = k == 0 ? 0 : output / s.kept[k];
      at += (output - rest * s.kept[k]) * s.kept_stride[k];
      output = rest;
    }
    return at;
  }
  // How far from there the i-th is, in the order of memory.
  __device__ int64_t step(uint32_t i) const {
    const uint32_t r1 = reduced2.divide(i), r0 = reduced1.divide(r1);
    return int64_t{i - r1 * reduced2.d} * s.reduced_stride[2] + int64_t{r1 - r0 * reduced1.d} * s.reduced_stride[1] +
           int64_t{r0} * s.reduced_stride[0];
  }
};

template <class T>
struct MeanBytes {
  MeanScaling scaling;
  __device__ T operator()(int32_t sum) const {
    return mean_one<T>(scaling, sum);
  }
};
struct MeanFloat {
  float factor;
  __device__ float operator()(float sum) const {
    return sum * factor;
  }
};

// Neighbouring outputs are neighbours in memory: a column of threads for each of 32 outputs.
const int rows = 8;
template <class T, class Sum, class Finish>
__global__ void across(Shape shape, Finish finish, const T* in, T* out) {
  __shared__ Sum part[rows][32];
  const int64_t output = int64_t{blockIdx.x} * 32 + threadIdx.x;
  Sum sum = 0;
  if (output < shape.s.outputs) {
    const T* from = in + shape.first(output);
    const uint32_t count = static_cast<uint32_t>(shape.s.count);
    for (uint32_t i = threadIdx.y; i < count; i += rows) sum += static_cast<Sum>(from[shape.step(i)]);
  }
  part[threadIdx.y][threadIdx.x] = sum;
  __syncthreads();
  if (threadIdx.y != 0 || output >= shape.s.outputs) return;
  for (int r = 1; r < rows; r++) sum += part[r][threadIdx.x];
  out[output] = finish(sum);
}

// The innermost dimension is reduced: a warp (four of a block) or a block for each output.
const int warps = 8, block = 32 * warps;
template <class T, class Sum, class Finish, bool whole_block>
__global__ void along(Shape shape, Finish finish, const T* in, T* out) {
  const uint32_t lanes = whole_block ? block : 32, lane = threadIdx.x % lanes;
  const int64_t output = whole_block ? blockIdx.x : int64_t{blockIdx.x} * warps + threadIdx.x / 32;
  if (output >= shape.s.outputs) return;  // all of a warp
  const T* from = in + shape.first(output);
  const uint32_t count = static_cast<uint32_t>(shape.s.count);
  Sum sum = 0;
  for (uint32_t i = lane; i < count; i += lanes) sum += static_cast<Sum>(from[shape.step(i)]);
  if constexpr (whole_block) {
    sum = block_fold<warps>(sum, Plus());
  } else {
    sum = warp_fold(sum, Plus());
  }
  if (lane == 0) out[output] = finish(sum);
}

template <class T, class Sum, class Finish>
void add_up(const Call* call, const Finish& finish) {
  const Shape shape(reduce_shape(params_of<ReduceParams>(call)));
  if (shape.s.outputs == 0) return;
  const T* in = slot_of<const T>(call, REDUCE_IN);
  T* out = slot_of<T>(call, REDUCE_OUT);
  if (shape.s.kept[3] > 1) {
    across<T, Sum, Finish>
        <<<blocks_for(shape.s.outputs, 32), dim3(32, rows), 0, stream_of(call)>>>(shape, finish, in, out);
  } else if (shape.s.count >= 2048) {
    along<T, Sum, Finish, true><<<blocks_for(shape.s.outputs, 1), block, 0, stream_of(call)>>>(shape, finish, in, out);
  } else {
    along<T, Sum, Finish, false>
        <<<blocks_for(shape.s.outputs, warps), block, 0, stream_of(call)>>>(shape, finish, in, out);
  }
}

template <class T>
__global__ void multiply(Shape shape, Product<T> f, const T* in, T* out) {
  const int64_t output = int64_t{blockIdx.x} * block + threadIdx.x;
  if (output >= shape.s.outputs) return;
  const T* from = in + shape.first(output);
  const uint32_t count = static_cast<uint32_t>(shape.s.count);
  if (count == 1) {
    out[output] = *from;
    return;
  }
  int32_t product = count > 0 ? f.first(*from) : 0;
  for (uint32_t i = 1; i < count; i++) product = f.next(product, from[shape.step(i)]);
  out[output] = f.finish(product);
}

template <class T>
void product(const Call* call) {
  const ReduceParams& p = params_of<ReduceParams>(call);
  const Shape shape(reduce_shape(p));
  if (shape.s.outputs == 0) return;
  multiply<T><<<blocks_for(shape.s.outputs, block), block, 0, stream_of(call)>>>(
      shape, Product<T>::of(p, shape.s.count), slot_of<const T>(call, REDUCE_IN), slot_of<T>(call, REDUCE_OUT));
}

template <class T>
void bytes(const Call* call) {
  const ReduceParams& p = params_of<ReduceParams>(call);
  add_up<T, int32_t>(call, MeanBytes<T>{mean_scaling<T>(p, reduce_shape(p).count)});
}

}  // namespace

void reduce_s8s8_cuda(const Call* call) {
  if (params_of<ReduceParams>(call).kind == REDUCE_PRODUCT) return product<int8_t>(call);
  bytes<int8_t>(call);
}
void reduce_u8u8_cuda(const Call* call) {
  bytes<uint8_t>(call);
}
void reduce_s16s16_cuda(const Call* call) {
  const ReduceParams& p = params_of<ReduceParams>(call);
  const int64_t count = reduce_shape(p).count;
  if (p.kind == REDUCE_PRODUCT) return product<int16_t>(call);
  if (p.kind == REDUCE_SUM) return add_up<int16_t, uint32_t>(call, Sum16::of(p));
  if (count > 0) add_up<int16_t, uint32_t>(call, Mean16::of(p, count));
}
void reduce_s32s32_cuda(const Call* call) {
  const int64_t count = reduce_shape(params_of<ReduceParams>(call)).count;
  if (count > 0) add_up<int32_t, int64_t>(call, Mean32{count});
}
void reduce_s64s64_cuda(const Call* call) {
  const int64_t count = reduce_shape(params_of<ReduceParams>(call)).count;
  if (count > 0) add_up<int64_t, uint64_t>(call, Mean64{count});
}
void reduce_f32f32_cuda(const Call* call) {
  const ReduceParams& p = params_of<ReduceParams>(call);
  add_up<float, float>(call, MeanFloat{mean_factor(p, reduce_shape(p).count)});
}

}  // namespace sinter
