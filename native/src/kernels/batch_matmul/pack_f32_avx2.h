// Moves B into float tiles of 16 columns. Only for files that are built for AVX2 or more; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BATCH_MATMUL_PACK_F32_AVX2_H_
#define SINTER_KERNELS_BATCH_MATMUL_PACK_F32_AVX2_H_

#include "kernels/batch_matmul/shape.h"
#include "kernels/batch_matmul/transpose_avx2.h"

namespace sinter {
namespace {

const float no_bias[16] = {};

// Columns [0, columns) of b, at most 16, as a tile [k][16]; columns past them are left as they are: their sums are not
// stored.
inline void pack_f32_tile(const BatchMatmulParams& p, const float* b, int64_t columns, float* out) {
  const int64_t pitch = b_pitch(p);
  if (p.transpose_b) {
    transpose_f32(b, pitch, columns, p.k, out, 16);
  } else if (columns == 16) {
    for (int64_t k = 0; k < p.k; k++, b += pitch, out += 16) {
      _mm256_storeu_ps(out, _mm256_loadu_ps(b));
      _mm256_storeu_ps(out + 8, _mm256_loadu_ps(b + 8));
    }
  } else {
    for (int64_t k = 0; k < p.k; k++, b += pitch, out += 16) {
      for (int64_t j = 0; j < columns; j++) out[j] = b[j];
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_PACK_F32_AVX2_H_
