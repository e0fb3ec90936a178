// depthwise in float for AVX2: vector_f32.h with 8 lanes.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>
#include <stdint.h>

namespace sinter {
namespace {

struct V {
  static constexpr int64_t W = 8, REGISTERS = 16;
  static constexpr bool FREE_MASKS = false;
  typedef __m256 F;
  typedef __m256i Mask;
  typedef __m256i Index;
  typedef V Half;

  static Mask first(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static F load(const float* p) {
    return _mm256_loadu_ps(p);
  }
  static F load(const float* p, Mask mask) {
    return _mm256_maskload_ps(p, mask);
  }
  static void store(float* p, F v) {
    _mm256_storeu_ps(p, v);
  }
  static void store(float* p, F v, Mask mask) {
    _mm256_maskstore_ps(p, mask, v);
  }
  static F set(float x) {
    return _mm256_set1_ps(x);
  }
  static F fma(F a, F b, F c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  static F bound(F v, F low, F high) {
    return _mm256_min_ps(high, _mm256_max_ps(low, v));
  }
  static Index index(const int32_t* lanes) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes));
  }
  static F pick(F v, Index lanes) {
    return _mm256_permutevar8x32_ps(v, lanes);
  }
};

}  // namespace
}  // namespace sinter

#include "kernels/depthwise/vector_f32.h"

namespace sinter {

void depthwise_f32_avx2(const Call* call) {
  depthwise_f32(call);
}

}  // namespace sinter
