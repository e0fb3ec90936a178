// What follows a sum of products on its way to C: bias, requantization or bounds. Shared by all of gemm's CUDA kernels.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_CUDA_EPILOGUE_CUH_
#define SINTER_KERNELS_GEMM_CUDA_EPILOGUE_CUH_

#include <stdint.h>

#include "kernels/gemm/op.h"

namespace sinter {
namespace {

struct Bounds {
  int32_t zero_point, low, high;
  float act_min, act_max;
};
static inline Bounds bounds_of(const GemmParams& p) {
  return {p.out_zero_point, p.out_min, p.out_max, p.act_min, p.act_max};
}

// How a sum becomes a result. `bias` and `scale` are the column's.
struct ToS32 {
  typedef int32_t Out;
  static constexpr bool scaled = false;
  typedef int32_t Bias;
  static __device__ __forceinline__ int32_t value(int32_t sum, int32_t bias, float, const Bounds&) {
    return static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(bias));
  }
};
// requantize.h, step by step.
struct ToS8 {
  typedef int8_t Out;
  static constexpr bool scaled = true;
  typedef int32_t Bias;
  static __device__ __forceinline__ int8_t value(int32_t sum, int32_t bias, float scale, const Bounds& b) {
    const int32_t whole = static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(bias));
    float f = __fmul_rn(__int2float_rn(whole), scale);
    const float highest = __int2float_rn(b.high - b.zero_point);
    f = f < highest ? f : highest;  // NaN gives the bound
    int32_t q = __float2int_rn(f);  // below -2^31: -2^31
    q = max(q, -32768) + b.zero_point;
    q = max(min(q, 127), -128);
    return static_cast<int8_t>(max(q, b.low));
  }
};
// NaN stays.
struct ToF32 {
  typedef float Out;
  static constexpr bool scaled = false;
  typedef float Bias;
  static __device__ __forceinline__ float value(float sum, float bias, float, const Bounds& b) {
    float f = __fadd_rn(sum, bias);
    f = f < b.act_min ? b.act_min : f;
    return f > b.act_max ? b.act_max : f;
  }
};
// Weights of 8 bits: the scale first, then the bias.
struct ToF32Scaled {
  typedef float Out;
  static constexpr bool scaled = true;
  typedef float Bias;
  static __device__ __forceinline__ float value(float sum, float bias, float scale, const Bounds& b) {
    return ToF32::value(__fmul_rn(sum, scale), bias, 0.0f, b);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_EPILOGUE_CUH_
