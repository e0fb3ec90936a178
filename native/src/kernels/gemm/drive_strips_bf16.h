// How the bfloat16 rows of gemm for AVX-512 walk C: blocks of A's rows that stay in L2, times all strips of columns.
// Rows of floats are rounded into a panel first, and so are rows of an odd k, whose last pair would reach past their
// end. Only for files that are built for AVX-512 with BF16; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_STRIPS_BF16_H_
#define SINTER_KERNELS_GEMM_DRIVE_STRIPS_BF16_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_bf16s8.h"
#include "kernels/gemm/round_bf16_avx512.h"
#include "kernels/gemm/strip_f32.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

// A strip's weights in tiles of packing_bf16s8.h.
inline FloatWeights scaled_strip(FloatWeights weights) {
  weights.scale = weights.bias + 16;
  weights.w = weights.bias + BF16S8_HEADER_WORDS;
  return weights;
}

// In, Out: float or uint16_t (bfloat16), of A and C. SCALED: weights are tiles of packing_bf16s8.h.
template <class In, class Out, bool SCALED = false>
inline void gemm_strips_bf16(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const In* a = static_cast<const In*>(call->slots[GEMM_A]);
  const float* packed = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  Out* c = static_cast<Out*>(call->slots[GEMM_C]);
  if (p.m < 1) return;
  const StripsF32 strips = strips_f32_avx512(p.n, p.m);
  const int64_t one_tile = SCALED ? bf16s8_tile_words(p.k) : bf16_tile_words(p.k), width = 2 * bf16_pairs(p.k);
  const bool in_place = sizeof(In) == 2 && p.k % 2 == 0;
  const int64_t most = bf16_block_rows(p.n, p.k, sizeof(Out));
  const int threads = call->workers->threads;
  const int64_t fair = product_rows(p.m, most, BF16_ROWS, bf16_tiles_bytes(p.n, p.k), threads),
                cuts = (p.m + fair - 1) / fair;
  const int64_t even = ((p.m + cuts - 1) / cuts + BF16_ROWS - 1) / BF16_ROWS * BF16_ROWS;
  const int64_t block = threads == 1 ? even : fair < BF16_ROWS ? BF16_ROWS : fair;
  const int64_t strip_bytes = 4 * strips.first_column(1) * bf16_pairs(p.k);
  const ProductTasks tasks = product_tasks(p.m, block, strips.count, strip_bytes, LEAST_FLOAT_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row;
    Bf16Rows rows = {reinterpret_cast<const uint16_t*>(a) + m0 * p.lda, part.rows, p.lda, 1, 0, width};
    if (!in_place) {
      uint16_t* panel = static_cast<uint16_t*>(call->scratch) + thread * bf16_block_bytes(p.n, p.k, sizeof(Out)) / 2;
      for (int64_t r = 0; r < rows.rows; r++) {
        fill_panel(a + (m0 + r) * p.lda, p.k, panel + r * width);
        if (p.k % 2) panel[r * width + p.k] = 0;
      }
      rows.a = panel;
      rows.stride = width;
    }
    for (int64_t s = part.first_tile; s < part.end_tile; s++) {
      const int64_t n0 = strips.first_column(s), after = strips.first_column(s + 1);
      const FloatWeights weights = packed_strip_f32(packed, one_tile, n0, after, s + 1 < part.end_tile);
      const StripResults<Out> results = {c + m0 * p.ldc + n0, p.ldc, p.act_min, p.act_max};
      multiply_strip_bf16_avx512(rows, SCALED ? scaled_strip(weights) : weights, results,
                                 static_cast<int>((p.n < after ? p.n : after) - n0));
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_STRIPS_BF16_H_
