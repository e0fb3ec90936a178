// The float product of AVX2: tiles of 12 x 8, 6 x 16 and 4 x 24; for a single row up to 64 columns.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>
#include <stdint.h>

namespace sinter {
namespace {

struct V {
  static constexpr int W = 8, VECTORS = 3, VECTORS_OF_ONE = 8;
  static constexpr bool TAPS = true;
  static constexpr bool AHEAD = false;
  static constexpr int SOON = 0;
  typedef float In;
  static constexpr int STEP = 1;
  typedef __m256 F;
  typedef __m256i Mask;

  static constexpr int most_rows(int vectors) {
    return 12 / vectors;
  }
  static Mask first(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static F load(const float* p) {
    return _mm256_loadu_ps(p);
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
  static F all(const float* p) {
    return _mm256_broadcast_ss(p);
  }
  static F bound(F v, F low, F high) {
    return _mm256_min_ps(high, _mm256_max_ps(low, v));
  }
  static void ahead(const float*) {}
  static void soon(const float*) {}
  static void add(F* sum, F x, F w) {
    *sum = _mm256_fmadd_ps(x, w, *sum);
  }
  static void add(F* sum, const float* x, F w) {
    *sum = _mm256_fmadd_ps(_mm256_broadcast_ss(x), w, *sum);
  }
};

}  // namespace
}  // namespace sinter

#include "kernels/gemm/tiles_f32.h"

namespace sinter {

void multiply_strip_f32_avx2(const FloatRows& rows, const FloatWeights& weights, const FloatResults& results,
                             int columns) {
  multiply_strip(rows, weights, results, columns);
}

}  // namespace sinter
