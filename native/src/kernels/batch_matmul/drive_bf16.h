// How the bfloat16 rows of batch_matmul walk their products: B becomes gemm's tiles of pairs in scratch, rows of A a
// panel. Only for files that are built for AVX2 or more; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BATCH_MATMUL_DRIVE_BF16_H_
#define SINTER_KERNELS_BATCH_MATMUL_DRIVE_BF16_H_

#include "core/workers.h"
#include "kernels/batch_matmul/pack_f32_avx2.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/gemm/round_bf16_avx2.h"

namespace sinter {
namespace {

// A float tile [k][16] as a tile of pairs without bias. Of columns that no one asks for it is no matter what they hold.
inline void round_tile(const float* tile, int64_t k, uint32_t* out) {
  for (int j = 0; j < 16; j++) out[j] = 0;
  out += 16;
  for (int64_t i = 0; i < k; i += 2, tile += 32, out += 16) {
    for (int j = 0; j < 16; j += 8) {
      __m256i pair = _mm256_srli_epi32(round_to_bf16(_mm256_loadu_ps(tile + j)), 16);
      if (i + 1 < k) pair = _mm256_or_si256(pair, round_to_bf16(_mm256_loadu_ps(tile + 16 + j)));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + j), pair);
    }
  }
}

// A Kernel is what gemm's drive_bf16.h says.
template <class Kernel>
inline void batch_matmul_bf16(const Call* call, const Cut& cut, const Kernel& kernel) {
  typedef typename Kernel::Value Value;
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const Products q = products_of(p);
  const int64_t width = 16 * Kernel::TILES, one_tile = bf16_tile_words(p.k), pairs = bf16_pairs(p.k);
  const int64_t steps = (p.n + width - 1) / width, stride = 2 * pairs, parts = cut.column_parts * cut.row_parts;
  const int64_t lda = a_pitch(p), ldc = c_pitch(p);
  const Bf16Scratch parts_of = bf16_scratch(p, cut, Kernel::TILES, sizeof(Value));
  parallel_for(call->workers, q.batches * parts, [&](int64_t task, int thread) {
    const int64_t index = task / parts, part = task % parts;
    const float* a = static_cast<const float*>(call->slots[BATCH_MATMUL_A]) + a_offset(p, index);
    const float* b = static_cast<const float*>(call->slots[BATCH_MATMUL_B]) + b_offset(p, index);
    float* c = static_cast<float*>(call->slots[BATCH_MATMUL_C]) + c_offset(p, index);
    char* own = static_cast<char*>(call->scratch) + thread * parts_of.all;
    uint32_t* tiles = reinterpret_cast<uint32_t*>(own);
    float* floats = reinterpret_cast<float*>(own + parts_of.floats);
    Value* panel = reinterpret_cast<Value*>(own + parts_of.panel);
    const int64_t s0 = part / cut.row_parts * cut.tiles, m0 = part % cut.row_parts * cut.rows;
    const int64_t s1 = steps - s0 < cut.tiles ? steps : s0 + cut.tiles;
    const int64_t m1 = q.m - m0 < cut.rows ? q.m : m0 + cut.rows;
    for (int64_t n = s0 * width; n < s1 * width && n < p.n; n += 16) {
      const int64_t columns = p.n - n < 16 ? p.n - n : 16;
      pack_f32_tile(p, b + n * (p.transpose_b ? b_pitch(p) : 1), columns, floats);
      round_tile(floats, p.k, tiles + (n - s0 * width) / 16 * one_tile);
    }
    for (int64_t m = m0; m < m1; m += cut.block) {
      const int64_t rows = m1 - m < cut.block ? m1 - m : cut.block;
      for (int64_t r = 0; r < rows; r++) {
        const float* row = a + (m + r) * lda;
        if (p.transpose_a) {
          for (int64_t k = 0; k < p.k; k++) floats[k] = a[k * lda + m + r];
          row = floats;
        }
        kernel.fill(row, p.k, panel + r * stride);
        if (p.k % 2) panel[r * stride + p.k] = 0;
      }
      for (int64_t s = s0; s < s1; s++) {
        const int columns = static_cast<int>(p.n - s * width < width ? p.n - s * width : width);
        for (int64_t r = 0; r < rows;) {
          const int64_t count = kernel.next_rows(rows - r);
          kernel.multiply(count, panel + r * stride, stride, tiles + (s - s0) * Kernel::TILES * one_tile, one_tile,
                          pairs, c + (m + r) * ldc + s * width, ldc, columns);
          r += count;
        }
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_DRIVE_BF16_H_
