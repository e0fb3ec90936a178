// batch_matmul in float for AVX2: B becomes tiles of 16 columns in scratch, or is read in place where
// too few rows would use them; then gemm's micro-kernel.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/batch_matmul/transpose_avx2.h"
#include "kernels/gemm/tile_avx2_f32.h"

namespace sinter {
namespace {

const float no_bias[16] = {};

// Columns [0, columns) of b as a tile [k][16]; columns past them are left as they are: their sums are
// not stored.
inline void pack_tile(const BatchMatmulParams& p, const float* b, int columns, float* out) {
  if (p.transpose_b) {
    transpose_f32(b, p.k, columns, p.k, out, 16);
    return;
  }
  if (columns == 16) {
    for (int64_t k = 0; k < p.k; k++, b += p.n, out += 16) {
      _mm256_storeu_ps(out, _mm256_loadu_ps(b));
      _mm256_storeu_ps(out + 8, _mm256_loadu_ps(b + 8));
    }
    return;
  }
  for (int64_t k = 0; k < p.k; k++, b += p.n, out += 16) {
    for (int j = 0; j < columns; j++) out[j] = b[j];
  }
}

}  // namespace

void batch_matmul_f32_avx2(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const Products q = products_of(p);
  const Cut cut = cut_avx2_f32(p, call->workers->threads);
  const int64_t all_tiles = (int64_t{p.n} + 15) / 16, thread_floats = thread_bytes_avx2_f32(p, cut) / 4;
  const int64_t parts = cut.column_parts * cut.row_parts;
  parallel_for(call->workers, q.batches * parts, [&](int64_t task, int thread) {
    const int64_t index = task / parts, part = task % parts;
    const float* a = static_cast<const float*>(call->slots[BATCH_MATMUL_A]) + a_offset(p, index);
    const float* b = static_cast<const float*>(call->slots[BATCH_MATMUL_B]) + b_offset(p, index);
    float* c = static_cast<float*>(call->slots[BATCH_MATMUL_C]) + index * q.m * p.n;
    float* tiles = static_cast<float*>(call->scratch) + thread * thread_floats;
    float* panel = tiles + cut.tiles * 16 * p.k;
    const int64_t t0 = part / cut.row_parts * cut.tiles, m0 = part % cut.row_parts * cut.rows;
    const int64_t t1 = all_tiles - t0 < cut.tiles ? all_tiles : t0 + cut.tiles;
    const int64_t m1 = q.m - m0 < cut.rows ? q.m : m0 + cut.rows;
    const bool in_place = !p.transpose_b && m1 - m0 <= 12;
    for (int64_t t = t0; t < t1; t++) {
      const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
      if (in_place && columns == 16) continue;
      pack_tile(p, b + t * 16 * (p.transpose_b ? p.k : 1), columns, tiles + (t - t0) * 16 * p.k);
    }
    for (int64_t m = m0; m < m1; m += cut.block) {
      const int64_t rows = m1 - m < cut.block ? m1 - m : cut.block;
      const float* left = a + m * p.k;
      if (p.transpose_a) {
        transpose_f32(a + m, q.m, p.k, rows, panel, p.k);
        left = panel;
      }
      for (int64_t t = t0; t < t1; t++) {
        const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
        const bool direct = in_place && columns == 16;
        const float* w = direct ? b + t * 16 : tiles + (t - t0) * 16 * p.k;
        const int64_t w_step = direct ? p.n : 16;
        for (int64_t r = 0; r < rows; r += 6) {
          with_row_count(rows - r, [&](auto count) {
            tile_f32<decltype(count)::value>(left + r * p.k, p.k, no_bias, w, w_step, p.k, c + (m + r) * p.n + t * 16,
                                             p.n, columns, Plain());
          });
        }
      }
    }
  });
}

}  // namespace sinter
