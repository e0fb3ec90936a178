// Sixteen floats, for kernels that name their lanes through a struct of static functions. Only for files that are built
// for AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SIMD_FLOATS_512_H_
#define SINTER_KERNELS_SIMD_FLOATS_512_H_

#include <stdint.h>
#if defined(SINTER_EMULATED)
#define LANES static __attribute__((noinline))  // emulated instructions are long: inlined, they take minutes to build
#else
#include <immintrin.h>
#define LANES static inline
#endif

namespace sinter {
namespace {

struct Floats512 {
  typedef __m512 F;
  typedef __mmask16 Mask;

  LANES Mask first(int64_t n) {
    return static_cast<Mask>(n >= 16 ? 0xffff : (1 << n) - 1);
  }
  LANES F load(const float* p) {
    return _mm512_loadu_ps(p);
  }
  LANES F load(const float* p, Mask mask) {
    return _mm512_maskz_loadu_ps(mask, p);
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
  LANES F bound(F v, F low, F high) {
    return _mm512_min_ps(high, _mm512_max_ps(low, v));
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_FLOATS_512_H_
