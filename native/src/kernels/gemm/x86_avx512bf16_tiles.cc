// The bfloat16 product of AVX-512 with vdpbf16ps. SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "kernels/gemm/bf16.h"
#include "kernels/gemm/tile_lanes_512.h"

namespace sinter {
namespace {

struct V : TileLanes512 {
  typedef uint16_t In;
  static constexpr int STEP = 2;
  using Floats512::store;

  LANES F scale_and_add(F sum, F scale, F bias) {
    return _mm512_add_ps(_mm512_mul_ps(sum, scale), bias);
  }

  LANES F all(const uint16_t* p) {
    int32_t pair;
    memcpy(&pair, p, 4);
    return _mm512_castsi512_ps(_mm512_set1_epi32(pair));
  }
#if defined(SINTER_EMULATED)
  LANES void store(uint16_t* p, F v, Mask mask) {
    float lanes[16];
    _mm512_storeu_ps(lanes, v);
    for (int i = 0; i < 16; i++) {
      if (mask >> i & 1) p[i] = bf16_from_float(lanes[i]);
    }
  }
  LANES void store(uint16_t* p, F v) {
    store(p, v, 0xffff);
  }
  LANES void add(F* sum, F x, F w) {
    *sum = ::sinter_emulated::dot_bf16(*sum, _mm512_castps_si512(x), _mm512_castps_si512(w));
  }
  LANES void add(F* sum, const uint16_t* x, F w) {
    add(sum, all(x), w);
  }
#else
  LANES void store(uint16_t* p, F v, Mask mask) {
    _mm256_mask_storeu_epi16(p, mask, (__m256i)_mm512_cvtneps_pbh(v));
  }
  LANES void store(uint16_t* p, F v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(v));
  }
  // GCC 12 keeps accumulators of the intrinsics in memory once there are many; the instruction itself stays in its
  // register.
  LANES void add(F* sum, F x, F w) {
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(*sum) : "v"(x), "v"(w));
  }
  LANES void add(F* sum, const uint16_t* x, F w) {
    __asm__("vdpbf16ps %1%{1to16%}, %2, %0" : "+v"(*sum) : "m"(*reinterpret_cast<const uint16_t(*)[2]>(x)), "v"(w));
  }
#endif
};

}  // namespace
}  // namespace sinter

#include "kernels/gemm/tiles_f32.h"

namespace sinter {

void multiply_strip_bf16_avx512(const Bf16Rows& rows, const FloatWeights& weights, const FloatResults& results,
                                int columns) {
  multiply_strip(rows, weights, results, columns);
}
void multiply_strip_bf16_avx512(const Bf16Rows& rows, const FloatWeights& weights, const Bf16Results& results,
                                int columns) {
  multiply_strip(rows, weights, results, columns);
}

}  // namespace sinter
