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
// requantize.h in fewer steps: bounds before rounding, as whole numbers they change nothing but saturations; adding
// 1.5 * 2^23 rounds to nearest even and leaves the whole number in the lower bits.
struct ToS8 {
  typedef int8_t Out;
  static constexpr bool scaled = true;
  typedef int32_t Bias;
  // The result less the zero point, in the lowest byte.
  static __device__ __forceinline__ uint32_t bits(int32_t sum, int32_t bias, float scale, float lowest, float highest) {
    const int32_t whole = static_cast<int32_t>(static_cast<uint32_t>(sum) + static_cast<uint32_t>(bias));
    const float f = fmaxf(fminf(__fmul_rn(__int2float_rn(whole), scale), highest), lowest);  // NaN: the highest
    return __float_as_uint(__fadd_rn(f, 12582912.0f));
  }
  static __device__ __forceinline__ float lowest(const Bounds& b) {
    return __int2float_rn(b.low - b.zero_point);
  }
  static __device__ __forceinline__ float highest(const Bounds& b) {
    return __int2float_rn(b.high - b.zero_point);
  }
  static __device__ __forceinline__ int8_t value(int32_t sum, int32_t bias, float scale, const Bounds& b) {
    return static_cast<int8_t>(bits(sum, bias, scale, lowest(b), highest(b)) + static_cast<uint32_t>(b.zero_point));
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
// As bf16_from_float (bf16.h) has it, in two instructions: denormals become 0 first, and the conversion rounds to
// nearest even. NaN stays one, though not its bits.
struct ToBf16 {
  typedef uint16_t Out;
  static constexpr bool scaled = false;
  typedef float Bias;
  // Of two neighbours, the first in the lower half.
  static __device__ __forceinline__ uint32_t pair(float first, float second) {
    uint32_t both;
    asm("{\n\t.reg .f32 a, b;\n\tmul.rn.ftz.f32 a, %1, 0f3f800000;\n\tmul.rn.ftz.f32 b, %2, 0f3f800000;\n\t"
        "cvt.rn.bf16x2.f32 %0, b, a;\n\t}"
        : "=r"(both)
        : "f"(first), "f"(second));
    return both;
  }
  static __device__ __forceinline__ uint16_t value(float sum, float bias, float scale, const Bounds& b) {
    return static_cast<uint16_t>(pair(ToF32::value(sum, bias, scale, b), 0.0f));
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
