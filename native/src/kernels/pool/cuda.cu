// pool on the GPU: one thread for a channel, or for four that lie side by side, of an output pixel.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/pool/op.h"

namespace sinter {
namespace {

const int threads = 128;

struct Shape {
  int32_t in_h, in_w, out_h, out_w, kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  int64_t channels, rows, items;
  Divisor groups;
};

struct Bounds8 {
  int32_t low, high;
  explicit Bounds8(const PoolParams& p) : low(p.out_min), high(p.out_max) {}
};
struct BoundsF32 {
  float low, high;
  explicit BoundsF32(const PoolParams& p) : low(p.act_min), high(p.act_max) {}
};

__device__ int32_t start(int32_t) {
  return -32768;
}
__device__ float start(float) {
  return -INFINITY;
}
__device__ int32_t average(int32_t sum, int32_t taps) {
  return (sum > 0 ? sum + taps / 2 : sum - taps / 2) / taps;
}
__device__ float average(float sum, int32_t taps) {
  return sum * (1.0f / static_cast<float>(taps));
}

// Sum: int32_t or float.
template <class T, class Sum, class Bounds, bool largest, int V>
__global__ void pool(Shape s, Bounds bounds, const T* in, T* out) {
  const uint64_t i = uint64_t{blockIdx.x} * threads + threadIdx.x;
  if (i >= static_cast<uint64_t>(s.items)) return;
  const int64_t x = i >> 31 ? static_cast<int64_t>(i / s.groups.d) : s.groups.divide(static_cast<uint32_t>(i));
  const int64_t channel = static_cast<int64_t>(i - static_cast<uint64_t>(x) * s.groups.d) * V;
  const int64_t left = x * s.stride_w - s.pad_left;
  const int64_t x0 = left < 0 ? 0 : left, x1 = left + s.kernel_w > s.in_w ? s.in_w : left + s.kernel_w;
  for (int64_t row = blockIdx.y; row < s.rows; row += gridDim.y) {
    const int64_t b = row / s.out_h;
    const int64_t top = (row - b * s.out_h) * s.stride_h - s.pad_top;
    const int64_t y0 = top < 0 ? 0 : top, y1 = top + s.kernel_h > s.in_h ? s.in_h : top + s.kernel_h;
    Sum value[V];
#pragma unroll
    for (int l = 0; l < V; l++) value[l] = largest ? start(Sum{}) : Sum{};
    for (int64_t iy = y0; iy < y1; iy++) {
      const T* at = in + ((b * s.in_h + iy) * s.in_w + x0) * s.channels + channel;
      for (int64_t ix = x0; ix < x1; ix++, at += s.channels) {
        const Lanes<T, V> v = *reinterpret_cast<const Lanes<T, V>*>(at);
#pragma unroll
        for (int l = 0; l < V; l++) {
          const Sum tap = v.lane[l];
          value[l] = !largest ? value[l] + tap : tap > value[l] ? tap : value[l];
        }
      }
    }
    Lanes<T, V> result;
#pragma unroll
    for (int l = 0; l < V; l++) {
      Sum y = largest ? value[l] : average(value[l], static_cast<int32_t>((y1 - y0) * (x1 - x0)));
      y = y < bounds.low ? bounds.low : y;
      y = y > bounds.high ? bounds.high : y;
      result.lane[l] = static_cast<T>(y);
    }
    *reinterpret_cast<Lanes<T, V>*>(out + (row * s.out_w + x) * s.channels + channel) = result;
  }
}

template <class T, class Sum, class Bounds, int V>
void launch(const Call* call, const PoolParams& p, Shape s, const T* in, T* out) {
  s.groups = Divisor(static_cast<uint32_t>(s.channels / V));
  s.items = s.out_w * (s.channels / V);
  const int64_t most = 65535;
  const dim3 grid(blocks_for(s.items, threads), static_cast<unsigned>(s.rows < most ? s.rows : most));
  if (p.kind == POOL_MAX) {
    pool<T, Sum, Bounds, true, V><<<grid, threads, 0, stream_of(call)>>>(s, Bounds(p), in, out);
  } else {
    pool<T, Sum, Bounds, false, V><<<grid, threads, 0, stream_of(call)>>>(s, Bounds(p), in, out);
  }
}

template <class T, class Sum, class Bounds>
void run(const Call* call) {
  const PoolParams& p = params_of<PoolParams>(call);
  Shape s = {};
  s.in_h = p.in_h;
  s.in_w = p.in_w;
  s.out_h = p.out_h;
  s.out_w = p.out_w;
  s.kernel_h = p.kernel_h;
  s.kernel_w = p.kernel_w;
  s.stride_h = p.stride_h;
  s.stride_w = p.stride_w;
  s.pad_top = p.pad_top;
  s.pad_left = p.pad_left;
  s.channels = p.channels;
  s.rows = int64_t{p.batch} * p.out_h;
  if (s.rows == 0 || s.out_w == 0 || s.channels == 0) return;
  const T* in = slot_of<const T>(call, POOL_IN);
  T* out = slot_of<T>(call, POOL_OUT);
  if (p.channels % 4 == 0 && fits_lanes(in, 4) && fits_lanes(out, 4)) {
    launch<T, Sum, Bounds, 4>(call, p, s, in, out);
  } else {
    launch<T, Sum, Bounds, 1>(call, p, s, in, out);
  }
}

}  // namespace

void pool_s8s8_cuda(const Call* call) {
  run<int8_t, int32_t, Bounds8>(call);
}
void pool_u8u8_cuda(const Call* call) {
  run<uint8_t, int32_t, Bounds8>(call);
}
void pool_s16s16_cuda(const Call* call) {
  run<int16_t, int32_t, Bounds8>(call);
}
void pool_f32f32_cuda(const Call* call) {
  run<float, float, BoundsF32>(call);
}

}  // namespace sinter
