// Storing and bounding vectors of floats, for the AVX-512 and AMX files whose products end in floats. Only for files
// that are built for AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_STORE_AVX512_F32_H_
#define SINTER_KERNELS_GEMM_STORE_AVX512_F32_H_

#include <stdint.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
// Emulated ones are long: inlined, they take minutes to build.
#define SINTER_F32_INSTRUCTION __attribute__((noinline, unused))
#else
#define SINTER_F32_INSTRUCTION inline
#endif

SINTER_F32_INSTRUCTION void store_first(float* c, __m512 value, int columns) {
  if (columns >= 16) {
    _mm512_storeu_ps(c, value);
  } else {
    _mm512_mask_storeu_ps(c, static_cast<__mmask16>((1u << columns) - 1), value);
  }
}

// What becomes of a finished sum.
struct WideClamp {
  float low, high;
  SINTER_F32_INSTRUCTION __m512 operator()(__m512 sum) const {
    return _mm512_min_ps(_mm512_set1_ps(high), _mm512_max_ps(_mm512_set1_ps(low), sum));
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_STORE_AVX512_F32_H_
