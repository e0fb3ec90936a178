// transpose_conv on the GPU: a thread computes four output channels of a pixel, over the taps that meet its phase.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/gemm/requantize.h"
#include "kernels/transpose_conv/cuda_packing.h"
#include "kernels/transpose_conv/op.h"

namespace sinter {
namespace {

const int threads = 128;

struct Shape {
  int64_t rows, items, columns;  // of the output: rows, groups of four channels of one row; channels as packed
  Divisor groups;
};

template <class T>
struct Numbers8 {
  typedef T Element;
  typedef int32_t Sum;
  const int32_t* bias;
  const float* scale;
  const T* weights;
  int32_t zero_point, w_zero_point, out_zero_point, out_min, out_max;

  Numbers8(const Call* call, const TransposeConvParams& p)
      : bias(slot_of<const int32_t>(call, TRANSPOSE_CONV_WEIGHTS)),
        scale(reinterpret_cast<const float*>(bias + transpose_conv_cuda_columns(p))),
        weights(reinterpret_cast<const T*>(scale + transpose_conv_cuda_columns(p))),
        zero_point(p.in_zero_point),
        w_zero_point(p.w_zero_point),
        out_zero_point(p.out_zero_point),
        out_min(p.out_min),
        out_max(p.out_max) {}
  __device__ int32_t add(int32_t sum, T x, T w) const {
    return static_cast<int32_t>(static_cast<uint32_t>(sum) +
                                static_cast<uint32_t>((x - zero_point) * (w - w_zero_point)));
  }
  __device__ T finish(int32_t sum, int64_t channel) const {
    return static_cast<T>(
        requantize_8(sum, scale[channel], out_zero_point, out_min, out_max, static_cast<T>(-1) < 0 ? -128 : 0));
  }
};

struct NumbersF32 {
  typedef float Element;
  typedef float Sum;
  const float *bias, *weights;
  float act_min, act_max;

  NumbersF32(const Call* call, const TransposeConvParams& p)
      : bias(slot_of<const float>(call, TRANSPOSE_CONV_WEIGHTS)),
        weights(bias + transpose_conv_cuda_columns(p)),
        act_min(p.act_min),
        act_max(p.act_max) {}
  __device__ float add(float sum, float x, float w) const {
    return __fmaf_rn(x, w, sum);
  }
  __device__ float finish(float sum, int64_t) const {
    sum = sum < act_min ? act_min : sum;  // NaN stays
    return sum > act_max ? act_max : sum;
  }
};

template <class N>
__global__ void convolve(TransposeConvParams p, Shape s, N n, const typename N::Element* in, typename N::Element* out) {
  typedef typename N::Element Element;
  const int64_t item = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (item >= s.items) return;
  const int64_t x = item >> 31 ? item / s.groups.d : s.groups.divide(static_cast<uint32_t>(item));
  const int64_t channel = (item - x * s.groups.d) * 4;
  const int64_t px = x + p.pad_left, first_j = px % p.stride_w;
  for (int64_t row = blockIdx.y; row < s.rows; row += gridDim.y) {
    const int64_t b = row / p.out_h, py = row - b * p.out_h + p.pad_top;
    typename N::Sum sum[4];
#pragma unroll
    for (int l = 0; l < 4; l++) sum[l] = n.bias[channel + l];
    for (int64_t i = py % p.stride_h; i < p.kernel_h && i <= py; i += p.stride_h) {
      const int64_t iy = (py - i) / p.stride_h;
      if (iy >= p.in_h) continue;
      for (int64_t j = first_j; j < p.kernel_w && j <= px; j += p.stride_w) {
        const int64_t ix = (px - j) / p.stride_w;
        if (ix >= p.in_w) continue;
        const Element* pixel = in + ((b * p.in_h + iy) * p.in_w + ix) * p.in_c;
        const Element* w = n.weights + (i * p.kernel_w + j) * p.in_c * s.columns + channel;
#pragma unroll 4
        for (int32_t c = 0; c < p.in_c; c++, w += s.columns) {
          const Lanes<Element, 4> four = *reinterpret_cast<const Lanes<Element, 4>*>(w);
          const Element value = pixel[c];
#pragma unroll
          for (int l = 0; l < 4; l++) sum[l] = n.add(sum[l], value, four.lane[l]);
        }
      }
    }
    Element* to = out + (row * p.out_w + x) * p.out_c + channel;
#pragma unroll
    for (int l = 0; l < 4; l++) {
      if (channel + l < p.out_c) to[l] = n.finish(sum[l], channel + l);
    }
  }
}

template <class N>
void run(const Call* call) {
  const TransposeConvParams& p = params_of<TransposeConvParams>(call);
  Shape s = {};
  s.columns = transpose_conv_cuda_columns(p);
  s.groups = Divisor(static_cast<uint32_t>(s.columns / 4));
  s.rows = int64_t{p.batch} * p.out_h;
  s.items = p.out_w * (s.columns / 4);
  if (s.rows == 0 || s.items == 0) return;
  const int64_t most = 65535;
  const dim3 grid(blocks_for(s.items, threads), static_cast<unsigned>(s.rows < most ? s.rows : most));
  convolve<N><<<grid, threads, 0, stream_of(call)>>>(p, s, N(call, p),
                                                     slot_of<const typename N::Element>(call, TRANSPOSE_CONV_IN),
                                                     slot_of<typename N::Element>(call, TRANSPOSE_CONV_OUT));
}

}  // namespace

void transpose_conv_s8s8s8_cuda(const Call* call) {
  run<Numbers8<int8_t>>(call);
}
void transpose_conv_u8u8u8_cuda(const Call* call) {
  run<Numbers8<uint8_t>>(call);
}
void transpose_conv_f32_cuda(const Call* call) {
  run<NumbersF32>(call);
}

}  // namespace sinter
