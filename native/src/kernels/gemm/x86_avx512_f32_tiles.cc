// The float product of AVX-512. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/tile_lanes_512.h"

namespace sinter {
namespace {

struct V : TileLanes512 {
  typedef float In;
  static constexpr int STEP = 1;

  LANES F all(const float* p) {
    return _mm512_set1_ps(*p);
  }
#if defined(SINTER_EMULATED)
  LANES void add(F* sum, F x, F w) {
    *sum = _mm512_fmadd_ps(x, w, *sum);
  }
  LANES void add(F* sum, const float* x, F w) {
    *sum = _mm512_fmadd_ps(_mm512_set1_ps(*x), w, *sum);
  }
#else
  // GCC 12 keeps accumulators of the intrinsics in memory once there are many; the instruction itself stays in its
  // register.
  LANES void add(F* sum, F x, F w) {
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(*sum) : "v"(x), "v"(w));
  }
  LANES void add(F* sum, const float* x, F w) {
    __asm__("vfmadd231ps %1%{1to16%}, %2, %0" : "+v"(*sum) : "m"(*x), "v"(w));
  }
#endif
};

}  // namespace
}  // namespace sinter

#include "kernels/gemm/tiles_f32.h"

namespace sinter {

void multiply_strip_f32_avx512(const FloatRows& rows, const FloatWeights& weights, const FloatResults& results,
                               int columns) {
  multiply_strip(rows, weights, results, columns);
}

}  // namespace sinter
