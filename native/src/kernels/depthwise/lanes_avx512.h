// Vectors of floats of AVX-512 for vector_f32.h. Only for files that are built for AVX-512; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_DEPTHWISE_LANES_AVX512_H_
#define SINTER_KERNELS_DEPTHWISE_LANES_AVX512_H_

#include "kernels/simd/floats_512.h"

namespace sinter {
namespace {

// Eight lanes: a load of 16 with the upper ones left out would cross a line of the cache as often as one of 16.
struct FloatsOf8 {
  static constexpr int64_t W = 8;
  typedef __m256 F;
  typedef __mmask8 Mask;

  LANES Mask first(int64_t n) {
    return static_cast<Mask>(n >= 8 ? 0xff : (1 << n) - 1);
  }
  LANES F load(const float* p) {
    return _mm256_loadu_ps(p);
  }
  LANES F load(const float* p, Mask mask) {
    return _mm256_maskz_loadu_ps(mask, p);
  }
  LANES void store(float* p, F v, Mask mask) {
    _mm256_mask_storeu_ps(p, mask, v);
  }
  LANES F set(float x) {
    return _mm256_set1_ps(x);
  }
  LANES F fma(F a, F b, F c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  LANES F bound(F v, F low, F high) {
    return _mm256_min_ps(high, _mm256_max_ps(low, v));
  }
};

struct FloatsOf16 : Floats512 {
  static constexpr int64_t W = 16, REGISTERS = 32;
  static constexpr bool FREE_MASKS = true;
  typedef __m512i Index;
  typedef FloatsOf8 Half;

  LANES F fma(F a, F b, F c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  LANES Index index(const int32_t* lanes) {
    return _mm512_loadu_si512(lanes);
  }
  LANES F pick(F v, Index lanes) {
    return _mm512_permutexvar_ps(lanes, v);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_LANES_AVX512_H_
