// relu on the GPU.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/relu/op.h"
#include "kernels/relu/scaling.h"

namespace sinter {
namespace {

template <class T>
struct Quantized {
  ReluScaling scaling;
  int32_t in_zero_point, out_zero_point, low, high;
  __device__ T operator()(T x) const {
    int32_t value = relu_one(scaling, x - in_zero_point) + out_zero_point;
    value = value < low ? low : value;
    value = value > high ? high : value;
    return static_cast<T>(value);
  }
};

struct Clamp {
  float low, high;
  __device__ float operator()(float x) const {
    x = x < low ? low : x;  // NaN stays
    return x > high ? high : x;
  }
};

struct Leaky {
  float alpha;
  __device__ float operator()(float x) const {
    return x >= 0.0f ? x : x * alpha;
  }
};

template <class T>
void relu_bytes(const Call* call) {
  const ReluParams& p = params_of<ReluParams>(call);
  const Quantized<T> f = {relu_scaling(p), p.in_zero_point, p.out_zero_point, p.out_min, p.out_max};
  map(call, slot_of<const T>(call, RELU_IN), slot_of<T>(call, RELU_OUT), p.count, f);
}

}  // namespace

void relu_s8s8_cuda(const Call* call) {
  relu_bytes<int8_t>(call);
}
void relu_u8u8_cuda(const Call* call) {
  relu_bytes<uint8_t>(call);
}

void relu_f32f32_cuda(const Call* call) {
  const ReluParams& p = params_of<ReluParams>(call);
  const float* in = slot_of<const float>(call, RELU_IN);
  float* out = slot_of<float>(call, RELU_OUT);
  if (p.kind == RELU_LEAKY) {
    map(call, in, out, p.count, Leaky{p.alpha});
  } else {
    map(call, in, out, p.count, Clamp{p.act_min, p.act_max});
  }
}

}  // namespace sinter
