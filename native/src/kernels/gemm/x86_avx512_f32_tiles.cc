// The float product of AVX-512: tiles of 16 x 16, 8 x 32, 8 x 48 and 6 x 64; for a single row up to 128 columns.
// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#if defined(SINTER_EMULATED)
#define LANES static __attribute__((noinline))
#else
#include <immintrin.h>
#define LANES static inline
#endif

namespace sinter {
namespace {

struct V {
  static constexpr int W = 16, VECTORS = 4, VECTORS_OF_ONE = 8;
  static constexpr bool AHEAD = true;
  typedef float In;
  static constexpr int STEP = 1;
  typedef __m512 F;
  typedef __mmask16 Mask;

  static constexpr int most_rows(int vectors) {
    return vectors == 1 ? 16 : vectors == 4 ? 6 : 8;
  }
  LANES Mask first(int64_t n) {
    return static_cast<Mask>(0xffff >> (16 - n));
  }
  LANES F load(const float* p) {
    return _mm512_loadu_ps(p);
  }
  LANES void store(float* p, F v) {
    _mm512_storeu_ps(p, v);
  }
  LANES void store(float* p, F v, Mask mask) {
    _mm512_mask_storeu_ps(p, mask, v);
  }
  LANES F set(float x) {
    return _mm512_set1_ps(x);
  }
  LANES F all(const float* p) {
    return _mm512_set1_ps(*p);
  }
  LANES F bound(F v, F low, F high) {
    return _mm512_min_ps(high, _mm512_max_ps(low, v));
  }
  LANES void ahead(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
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
