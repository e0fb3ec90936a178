// How the float rows of batch_matmul walk their products. B becomes tiles of 16 columns in scratch, or is read in place
// where too few rows would use them or it is one tile as it is. Only for files that are built for AVX2 or more;
// internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BATCH_MATMUL_DRIVE_F32_H_
#define SINTER_KERNELS_BATCH_MATMUL_DRIVE_F32_H_

#include "core/workers.h"
#include "kernels/batch_matmul/dots_f32_avx2.h"
#include "kernels/batch_matmul/pack_f32_avx2.h"
#include "kernels/batch_matmul/shape.h"

namespace sinter {
namespace {

// A Kernel has TILES, how many tiles of 16 columns it takes at once;
//   next_rows(left)  how many rows to do next when `left` are left
//   multiply(rows, a, lda, w, gap, w_step, k, c, ldc, columns), where tile t's row i of weights is at
//   w + t * gap + i * w_step
template <class Kernel>
inline void batch_matmul_f32(const Call* call, const Cut& cut, const Kernel& kernel) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const Products q = products_of(p);
  const int64_t width = 16 * Kernel::TILES, one_tile = int64_t{16} * p.k, one_step = Kernel::TILES * one_tile;
  const int64_t steps = (p.n + width - 1) / width, thread_floats = thread_bytes_f32(p, cut, Kernel::TILES) / 4;
  const int64_t parts = cut.column_parts * cut.row_parts;
  const int64_t lda = p.transpose_a ? p.k : a_pitch(p), ldb = b_pitch(p), ldc = c_pitch(p);
  parallel_for(call->workers, q.batches * parts, [&](int64_t task, int thread) {
    const int64_t index = task / parts, part = task % parts;
    const float* a = static_cast<const float*>(call->slots[BATCH_MATMUL_A]) + a_offset(p, index);
    const float* b = static_cast<const float*>(call->slots[BATCH_MATMUL_B]) + b_offset(p, index);
    float* c = static_cast<float*>(call->slots[BATCH_MATMUL_C]) + c_offset(p, index);
    float* tiles = static_cast<float*>(call->scratch) + thread * thread_floats;
    float* panel = tiles + cut.tiles * one_step;
    const int64_t s0 = part / cut.row_parts * cut.tiles, m0 = part % cut.row_parts * cut.rows;
    const int64_t s1 = steps - s0 < cut.tiles ? steps : s0 + cut.tiles;
    const int64_t m1 = q.m - m0 < cut.rows ? q.m : m0 + cut.rows;
    if (p.transpose_b && !p.transpose_a && q.m <= DOTS_ROWS) {  // by all rows: threads change no sum
      const int64_t n0 = s0 * width, n1 = s1 * width < p.n ? s1 * width : p.n;
      dots_f32(a + m0 * lda, lda, m1 - m0, b + n0 * ldb, ldb, p.k, n1 - n0, c + m0 * ldc + n0, ldc);
      return;
    }
    const bool in_place = !p.transpose_b && (m1 - m0 <= 12 || p.n == width);
    for (int64_t n = s0 * width; n < s1 * width && n < p.n; n += 16) {
      const int64_t columns = p.n - n < 16 ? p.n - n : 16;
      if (in_place && n / width * width + width <= p.n) continue;
      pack_f32_tile(p, b + n * (p.transpose_b ? ldb : 1), columns, tiles + (n - s0 * width) / 16 * one_tile);
    }
    for (int64_t m = m0; m < m1; m += cut.block) {
      const int64_t rows = m1 - m < cut.block ? m1 - m : cut.block;
      const float* left = a + m * lda;
      if (p.transpose_a) {
        transpose_f32(a + m, a_pitch(p), p.k, rows, panel, p.k);
        left = panel;
      }
      for (int64_t s = s0; s < s1; s++) {
        const int columns = static_cast<int>(p.n - s * width < width ? p.n - s * width : width);
        const bool direct = in_place && columns == width;
        const float* w = direct ? b + s * width : tiles + (s - s0) * one_step;
        for (int64_t r = 0; r < rows;) {
          const int64_t count = kernel.next_rows(rows - r);
          kernel.multiply(count, left + r * lda, lda, w, direct ? 16 : one_tile, direct ? ldb : 16, p.k,
                          c + (m + r) * ldc + s * width, ldc, columns);
          r += count;
        }
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_DRIVE_F32_H_
