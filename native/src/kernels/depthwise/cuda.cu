// depthwise on the GPU: a thread computes four channels of a few pixels that lie side by side in a row, so that weights
// stay in registers and, for 3x3 kernels, every input value is read once for all taps it meets.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "kernels/depthwise/f32.h"
#include "kernels/depthwise/op.h"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

const int threads = 128;

struct Shape {
  int32_t in_h, in_w, in_c, out_h, out_w, kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t pad_top, pad_left;
  bool by_columns;                // order of the taps
  int64_t channels, rows, items;  // items: of one output row, a group of channels of a group of pixels each
  Divisor groups;                 // of channels
  Divisor multiplier;
};

template <class T, int V>
struct alignas(sizeof(T) * V) Vector {
  T lane[V];
};

// What differs between 8 bits and floats.
template <class T>
struct Numbers8 {
  typedef T Element;
  typedef int32_t Value;
  // The bias holds the zero point times all weights, so a tap outside counts as the zero point.
  static constexpr bool skips_padding = false;
  const int32_t* bias;
  const float* scale;
  const T* weights;
  int64_t pitch;
  int32_t padding, w_zero_point, out_zero_point, out_min, out_max;

  Numbers8(const Call* call, const DepthwiseParams& p)
      : bias(slot_of<const int32_t>(call, DEPTHWISE_WEIGHTS)),
        pitch(int64_t{p.in_c} * p.multiplier),
        padding(p.in_zero_point),
        w_zero_point(p.w_zero_point),
        out_zero_point(p.out_zero_point),
        out_min(p.out_min),
        out_max(p.out_max) {
    scale = reinterpret_cast<const float*>(bias + pitch);
    weights = reinterpret_cast<const T*>(scale + pitch);
  }
  __device__ int32_t weight(T w) const {
    return w - w_zero_point;
  }
  static __device__ int32_t add(int32_t sum, int32_t x, int32_t w) {
    return static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(x * w));
  }
  __device__ T finish(int32_t sum, int64_t channel) const {
    return static_cast<T>(
        requantize_8(sum, scale[channel], out_zero_point, out_min, out_max, static_cast<T>(-1) < 0 ? -128 : 0));
  }
};

struct NumbersF32 {
  typedef float Element;
  typedef float Value;
  static constexpr bool skips_padding = true;
  const float *bias, *weights;
  int64_t pitch;
  float padding, act_min, act_max;

  NumbersF32(const Call* call, const DepthwiseParams& p)
      : bias(slot_of<const float>(call, DEPTHWISE_WEIGHTS)),
        pitch(depthwise_f32_pitch(p)),
        padding(0.0f),
        act_min(p.act_min),
        act_max(p.act_max) {
    weights = bias + pitch;
  }
  __device__ float weight(float w) const {
    return w;
  }
  static __device__ float add(float sum, float x, float w) {
    return __fmaf_rn(x, w, sum);
  }
  __device__ float finish(float sum, int64_t) const {
    sum = sum < act_min ? act_min : sum;  // NaN stays
    return sum > act_max ? act_max : sum;
  }
};

// Where a thread works.
struct Place {
  int64_t channel, input_channel;
  int32_t x;  // the first pixel
};

template <int V, int PX>
__device__ bool place(const Shape& s, Place* at) {
  const uint64_t i = uint64_t{blockIdx.x} * threads + threadIdx.x;
  if (i >= static_cast<uint64_t>(s.items)) return false;
  const uint32_t pixels = i >> 31 ? static_cast<uint32_t>(i / s.groups.d) : s.groups.divide(static_cast<uint32_t>(i));
  at->x = static_cast<int32_t>(pixels) * PX;
  at->channel = static_cast<int64_t>(i - uint64_t{pixels} * s.groups.d) * V;
  at->input_channel = V == 1 ? s.multiplier.divide(static_cast<uint32_t>(at->channel)) : at->channel;
  return true;
}

template <class N, int V>
__device__ void load(const typename N::Element* from, typename N::Value* to) {
  const Vector<typename N::Element, V> v = *reinterpret_cast<const Vector<typename N::Element, V>*>(from);
#pragma unroll
  for (int l = 0; l < V; l++) to[l] = v.lane[l];
}

template <class N, int V>
__device__ void load_weights(const N& n, int64_t tap, int64_t channel, typename N::Value* to) {
  const auto v = *reinterpret_cast<const Vector<typename N::Element, V>*>(n.weights + tap * n.pitch + channel);
#pragma unroll
  for (int l = 0; l < V; l++) to[l] = n.weight(v.lane[l]);
}

template <class N, int V, int PX>
__device__ void store(const Shape& s, const N& n, int64_t row, const Place& at, const typename N::Value (&sum)[PX][V],
                      typename N::Element* out) {
#pragma unroll
  for (int px = 0; px < PX; px++) {
    if (at.x + px >= s.out_w) return;
    Vector<typename N::Element, V> v;
#pragma unroll
    for (int l = 0; l < V; l++) v.lane[l] = n.finish(sum[px][l], at.channel + l);
    *reinterpret_cast<Vector<typename N::Element, V>*>(out + (row * s.out_w + at.x + px) * s.channels + at.channel) = v;
  }
}

// Any kernel. V channels and PX pixels a thread.
template <class N, int V, int PX>
__global__ void any(Shape s, N n, const typename N::Element* in, typename N::Element* out) {
  Place at;
  if (!place<V, PX>(s, &at)) return;
  typename N::Value bias[V];
#pragma unroll
  for (int l = 0; l < V; l++) bias[l] = n.bias[at.channel + l];
  const int32_t outer_end = s.by_columns ? s.kernel_w : s.kernel_h;
  const int32_t inner_end = s.by_columns ? s.kernel_h : s.kernel_w;
  for (int64_t row = blockIdx.y; row < s.rows; row += gridDim.y) {
    const int64_t b = row / s.out_h;
    const int32_t top = static_cast<int32_t>(row - b * s.out_h) * s.stride_h - s.pad_top;
    const typename N::Element* image = in + b * s.in_h * s.in_w * s.in_c + at.input_channel;
    typename N::Value sum[PX][V];
#pragma unroll
    for (int px = 0; px < PX; px++) {
#pragma unroll
      for (int l = 0; l < V; l++) sum[px][l] = bias[l];
    }
    for (int32_t outer = 0; outer < outer_end; outer++) {
      for (int32_t inner = 0; inner < inner_end; inner++) {
        const int32_t i = s.by_columns ? inner : outer, j = s.by_columns ? outer : inner;
        const int32_t iy = top + i * s.dilation_h;
        const bool row_inside = iy >= 0 && iy < s.in_h;
        if (N::skips_padding && !row_inside) continue;
        typename N::Value w[V];
        load_weights<N, V>(n, int64_t{i} * s.kernel_w + j, at.channel, w);
#pragma unroll
        for (int px = 0; px < PX; px++) {
          const int32_t ix = (at.x + px) * s.stride_w + j * s.dilation_w - s.pad_left;
          const bool inside = row_inside && ix >= 0 && ix < s.in_w;
          if (N::skips_padding && !inside) continue;
          typename N::Value v[V];
#pragma unroll
          for (int l = 0; l < V; l++) v[l] = n.padding;
          if (inside) load<N, V>(image + (int64_t{iy} * s.in_w + ix) * s.in_c, v);
#pragma unroll
          for (int l = 0; l < V; l++) sum[px][l] = N::add(sum[px][l], v[l], w[l]);
        }
      }
    }
    store<N, V, PX>(s, n, row, at, sum, out);
  }
}

// Kernels of K x K without dilation across, strides of S: column after column of the input, which meets up to K taps.
template <class N, int V, int PX, int K, int S>
__global__ void square(Shape s, N n, const typename N::Element* in, typename N::Element* out) {
  Place at;
  if (!place<V, PX>(s, &at)) return;
  typename N::Value bias[V], w[K][K][V];
#pragma unroll
  for (int l = 0; l < V; l++) bias[l] = n.bias[at.channel + l];
#pragma unroll
  for (int t = 0; t < K * K; t++) load_weights<N, V>(n, t, at.channel, w[t / K][t % K]);
  const int32_t left = at.x * S - s.pad_left;
  for (int64_t row = blockIdx.y; row < s.rows; row += gridDim.y) {
    const int64_t b = row / s.out_h;
    const int32_t top = static_cast<int32_t>(row - b * s.out_h) * s.stride_h - s.pad_top;
    const typename N::Element* image = in + b * s.in_h * s.in_w * s.in_c + at.input_channel;
    typename N::Value sum[PX][V];
#pragma unroll
    for (int px = 0; px < PX; px++) {
#pragma unroll
      for (int l = 0; l < V; l++) sum[px][l] = bias[l];
    }
#pragma unroll
    for (int c = 0; c < (PX - 1) * S + K; c++) {
      const int32_t ix = left + c;
      const bool column_inside = ix >= 0 && ix < s.in_w;
#pragma unroll
      for (int i = 0; i < K; i++) {
        const int32_t iy = top + i * s.dilation_h;
        const bool inside = column_inside && iy >= 0 && iy < s.in_h;
        typename N::Value v[V];
#pragma unroll
        for (int l = 0; l < V; l++) v[l] = n.padding;
        if (inside) load<N, V>(image + (int64_t{iy} * s.in_w + ix) * s.in_c, v);
#pragma unroll
        for (int px = 0; px < PX; px++) {
          const int j = c - px * S;
          if (j < 0 || j >= K) continue;
#pragma unroll
          for (int l = 0; l < V; l++) {
            const typename N::Value next = N::add(sum[px][l], v[l], w[i][j][l]);
            sum[px][l] = N::skips_padding && !inside ? sum[px][l] : next;
          }
        }
      }
    }
    store<N, V, PX>(s, n, row, at, sum, out);
  }
}

template <class N, int V, int PX>
void launch(const Call* call, Shape s, const N& n, const typename N::Element* in, typename N::Element* out) {
  s.groups = Divisor(static_cast<uint32_t>(s.channels / V));
  s.items = (int64_t{s.out_w} + PX - 1) / PX * (s.channels / V);
  const int64_t most = 65535;
  const dim3 grid(blocks_for(s.items, threads), static_cast<unsigned>(s.rows < most ? s.rows : most));
  const bool three = V == 4 && s.kernel_h == 3 && s.kernel_w == 3 && s.dilation_w == 1;
  if constexpr (V == 4) {
    if (three && s.stride_w == 1) {
      square<N, V, PX, 3, 1><<<grid, threads, 0, stream_of(call)>>>(s, n, in, out);
      return;
    }
    if (three && s.stride_w == 2) {
      square<N, V, PX, 3, 2><<<grid, threads, 0, stream_of(call)>>>(s, n, in, out);
      return;
    }
  }
  any<N, V, PX><<<grid, threads, 0, stream_of(call)>>>(s, n, in, out);
}

template <class N>
void depthwise(const Call* call) {
  typedef typename N::Element Element;
  const DepthwiseParams& p = params_of<DepthwiseParams>(call);
  Shape s = {};
  s.in_h = p.in_h;
  s.in_w = p.in_w;
  s.in_c = p.in_c;
  s.out_h = p.out_h;
  s.out_w = p.out_w;
  s.kernel_h = p.kernel_h;
  s.kernel_w = p.kernel_w;
  s.stride_h = p.stride_h;
  s.stride_w = p.stride_w;
  s.dilation_h = p.dilation_h;
  s.dilation_w = p.dilation_w;
  s.pad_top = p.pad_top;
  s.pad_left = p.pad_left;
  s.by_columns = depthwise_f32_by_columns(p);
  s.channels = int64_t{p.in_c} * p.multiplier;
  s.rows = int64_t{p.batch} * p.out_h;
  s.multiplier = Divisor(static_cast<uint32_t>(p.multiplier));
  if (s.rows == 0 || s.out_w == 0) return;
  const Element* in = slot_of<const Element>(call, DEPTHWISE_IN);
  Element* out = slot_of<Element>(call, DEPTHWISE_OUT);
  const N n(call, p);
  const auto aligned = [](const void* at) { return reinterpret_cast<uintptr_t>(at) % (4 * sizeof(Element)) == 0; };
  if (p.multiplier != 1 || s.channels % 4 != 0 || !aligned(in) || !aligned(out)) {
    launch<N, 1, 1>(call, s, n, in, out);
    return;
  }
  // Few outputs: a pixel a thread, so that all of the GPU has work.
  const int64_t enough = 200000;
  if (s.rows * s.out_w * (s.channels / 4) < enough * 4) {
    launch<N, 4, 1>(call, s, n, in, out);
  } else {
    launch<N, 4, 4>(call, s, n, in, out);
  }
}

}  // namespace

void depthwise_s8s8s8_cuda(const Call* call) {
  depthwise<Numbers8<int8_t>>(call);
}
void depthwise_u8u8u8_cuda(const Call* call) {
  depthwise<Numbers8<uint8_t>>(call);
}
void depthwise_f32_cuda(const Call* call) {
  depthwise<NumbersF32>(call);
}

}  // namespace sinter
