// Functions of one or two tensors, element by element: threads take 16 bytes where the tensors allow it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_MAP_CUH_
#define SINTER_CUDA_MAP_CUH_

#include <stdint.h>

#include "cuda/index.cuh"
#include "cuda/launch.h"

namespace sinter {
namespace {

template <class T, int n>
struct alignas(sizeof(T) * n) Lanes {
  T lane[n];
};

template <class T>
bool fits_lanes(const T* pointer, int lanes) {
  return reinterpret_cast<uintptr_t>(pointer) % (sizeof(T) * static_cast<unsigned>(lanes)) == 0;
}

const int map_threads = 256;

// Elements a thread takes: 16 bytes at most, and no more than `most`, for the code's size.
template <class In, class Out>
constexpr int lanes_of(int most) {
  const int fit = 16 / static_cast<int>(sizeof(In) > sizeof(Out) ? sizeof(In) : sizeof(Out));
  return fit < most ? fit : most;
}

// ---- one tensor -----------------------------------------------------------------------------------

template <int n, class In, class Out, class F>
__global__ void map_kernel(F f, const In* in, Out* out, int64_t count) {
  const int64_t i = (int64_t{blockIdx.x} * map_threads + threadIdx.x) * n;
  if (i + n <= count) {
    const Lanes<In, n> x = *reinterpret_cast<const Lanes<In, n>*>(in + i);
    Lanes<Out, n> y;
#pragma unroll
    for (int l = 0; l < n; l++) y.lane[l] = f(x.lane[l]);
    *reinterpret_cast<Lanes<Out, n>*>(out + i) = y;
  } else {
    for (int64_t k = i; k < count; k++) out[k] = f(in[k]);
  }
}

// out[i] = f(in[i]).
template <class In, class Out, class F>
void map(const Call* call, const In* in, Out* out, int64_t count, const F& f) {
  constexpr int n = lanes_of<In, Out>(8);
  if (count <= 0) return;
  if (fits_lanes(in, n) && fits_lanes(out, n)) {
    map_kernel<n><<<blocks_for(count, map_threads * n), map_threads, 0, stream_of(call)>>>(f, in, out, count);
  } else {
    map_kernel<1><<<blocks_for(count, map_threads), map_threads, 0, stream_of(call)>>>(f, in, out, count);
  }
}

// ---- several tensors that repeat along dimensions -------------------------------------------------

// Dimensions and the strides of operands, neighbours merged where all operands allow it.
template <int operands>
struct Walk {
  int rank = 0;
  int32_t d[8];
  int64_t stride[operands][8];
  int64_t count = 1;

  // strides[o]: those of operand o, outermost first; `dimensions` up to 8.
  Walk(int dimensions, const int32_t* sizes, const int32_t* const* strides) {
    for (int k = 0; k < dimensions; k++) {
      count *= sizes[k];
      if (sizes[k] == 1) continue;
      bool merges = rank > 0 && int64_t{d[rank - 1]} * sizes[k] <= INT32_MAX;
      for (int o = 0; o < operands && merges; o++) merges = stride[o][rank - 1] == int64_t{strides[o][k]} * sizes[k];
      if (merges) {
        d[rank - 1] *= sizes[k];
      } else {
        d[rank++] = sizes[k];
      }
      for (int o = 0; o < operands; o++) stride[o][rank - 1] = strides[o][k];
    }
    if (rank == 0) {
      d[0] = 1;
      for (int o = 0; o < operands; o++) stride[o][0] = 0;
      rank = 1;
    }
  }
  // The first `size` of the outermost dimension, and the rest.
  Walk first(int32_t size) const {
    Walk w = *this;
    w.count = count / d[0] * size;
    w.d[0] = size;
    return w;
  }
};

// Offsets of an element in the operands; fewer than 2^31 elements. The number of dimensions is read while running: all
// threads go the same way, and the code of a function exists once.
template <int operands>
struct Offsets {
  int32_t rank;
  Divisor size[8];
  int64_t stride[operands][8];

  explicit Offsets(const Walk<operands>& w) : rank(w.rank) {
    for (int k = 0; k < rank; k++) {
      size[k] = Divisor(static_cast<uint32_t>(w.d[k]));
      for (int o = 0; o < operands; o++) stride[o][k] = w.stride[o][k];
    }
  }
  __device__ void find(uint32_t index, int64_t* out) const {
#pragma unroll
    for (int o = 0; o < operands; o++) out[o] = 0;
    for (int k = rank - 1; k > 0; k--) {
      const uint32_t rest = size[k].divide(index), at = index - rest * size[k].d;
#pragma unroll
      for (int o = 0; o < operands; o++) out[o] += int64_t{at} * stride[o][k];
      index = rest;
    }
#pragma unroll
    for (int o = 0; o < operands; o++) out[o] += int64_t{index} * stride[o][0];
  }
};

// n elements of an operand side by side, or one for all.
template <int n, class In>
__device__ Lanes<In, n> operand(const In* at, bool repeated) {
  if (!repeated) return *reinterpret_cast<const Lanes<In, n>*>(at);
  Lanes<In, n> x;
#pragma unroll
  for (int l = 0; l < n; l++) x.lane[l] = *at;
  return x;
}

// The last dimension counts groups of n.
template <int n, class In, class Out, class F>
__global__ void zip_lanes(Offsets<2> offsets, F f, const In* a, const In* b, bool a_repeated, bool b_repeated, Out* out,
                          uint32_t count) {
  const uint32_t i = blockIdx.x * map_threads + threadIdx.x;
  if (i >= count) return;
  int64_t at[2];
  offsets.find(i, at);
  const Lanes<In, n> x = operand<n>(a + at[0], a_repeated), y = operand<n>(b + at[1], b_repeated);
  Lanes<Out, n> z;
#pragma unroll
  for (int l = 0; l < n; l++) z.lane[l] = f(x.lane[l], y.lane[l]);
  *reinterpret_cast<Lanes<Out, n>*>(out + int64_t{i} * n) = z;
}

template <class In, class Out, class F>
__global__ void zip_one(Offsets<2> offsets, F f, const In* a, const In* b, Out* out, uint32_t count) {
  const uint32_t i = blockIdx.x * map_threads + threadIdx.x;
  if (i >= count) return;
  int64_t at[2];
  offsets.find(i, at);
  out[i] = f(a[at[0]], b[at[1]]);
}

template <class In, class Out, class F>
void zip_walk(const Call* call, Walk<2> w, const In* a, const In* b, Out* out, const F& f) {
  if (w.count > INT32_MAX) {  // in halves
    const int32_t half = w.d[0] / 2;
    const Walk<2> part = w.first(half);
    zip_walk(call, part, a, b, out, f);
    zip_walk(call, w.first(w.d[0] - half), a + w.stride[0][0] * half, b + w.stride[1][0] * half, out + part.count, f);
    return;
  }
  constexpr int n = lanes_of<In, Out>(4);
  const int last = w.rank - 1;
  const bool a_repeated = w.stride[0][last] == 0, b_repeated = w.stride[1][last] == 0;
  bool lanes = w.d[last] % n == 0 && w.stride[0][last] <= 1 && w.stride[1][last] <= 1 && fits_lanes(out, n) &&
               (a_repeated || fits_lanes(a, n)) && (b_repeated || fits_lanes(b, n));
  for (int k = 0; k < last; k++) {
    lanes &= (a_repeated || w.stride[0][k] % n == 0) && (b_repeated || w.stride[1][k] % n == 0);
  }
  const cudaStream_t stream = stream_of(call);
  if (!lanes) {
    const unsigned blocks = blocks_for(w.count, map_threads);
    const uint32_t count = static_cast<uint32_t>(w.count);
    zip_one<<<blocks, map_threads, 0, stream>>>(Offsets<2>(w), f, a, b, out, count);
    return;
  }
  w.d[last] /= n;
  w.stride[0][last] *= n;
  w.stride[1][last] *= n;
  const uint32_t count = static_cast<uint32_t>(w.count / n);
  const unsigned blocks = blocks_for(count, map_threads);
  zip_lanes<n><<<blocks, map_threads, 0, stream>>>(Offsets<2>(w), f, a, b, a_repeated, b_repeated, out, count);
}

// out[i] = f(a, b) for all elements of a dense output of six dimensions d.
template <class In, class Out, class F>
void zip(const Call* call, const int32_t* d, const int32_t* a_strides, const int32_t* b_strides, const In* a,
         const In* b, Out* out, const F& f) {
  const int32_t* const strides[2] = {a_strides, b_strides};
  const Walk<2> w(6, d, strides);
  if (w.count > 0) zip_walk(call, w, a, b, out, f);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_CUDA_MAP_CUH_
