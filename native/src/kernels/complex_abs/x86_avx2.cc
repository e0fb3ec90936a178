// complex_abs for AVX2, four numbers at a time. SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "core/workers.h"
#include "kernels/complex_abs/op.h"

namespace sinter {
namespace {

inline __m128 lengths(const float* in) {
  const __m256d a = _mm256_cvtps_pd(_mm_loadu_ps(in)), b = _mm256_cvtps_pd(_mm_loadu_ps(in + 4));
  const __m256d sums = _mm256_hadd_pd(_mm256_mul_pd(a, a), _mm256_mul_pd(b, b));  // numbers 0, 2, 1, 3
  return _mm256_cvtpd_ps(_mm256_sqrt_pd(_mm256_permute4x64_pd(sums, 0xd8)));
}

}  // namespace

void complex_abs_f32_avx2(const Call* call) {
  const ComplexAbsParams& p = *static_cast<const ComplexAbsParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[COMPLEX_ABS_IN]);
  float* out = static_cast<float*>(call->slots[COMPLEX_ABS_OUT]);
  const int64_t piece = 16384;
  parallel_for(call->workers, (p.count + piece - 1) / piece, [&](int64_t task, int) {
    int64_t i = task * piece;
    const int64_t to = i + piece < p.count ? i + piece : p.count;
    for (; i + 4 <= to; i += 4) _mm_storeu_ps(out + i, lengths(in + 2 * i));
    if (i == to) return;
    float rest[8] = {}, result[4];
    for (int64_t k = 0; k < 2 * (to - i); k++) rest[k] = in[2 * i + k];
    _mm_storeu_ps(result, lengths(rest));
    for (int64_t k = 0; k < to - i; k++) out[i + k] = result[k];
  });
}

}  // namespace sinter
