// gemm of floats by int4 weights for AVX-512 VNNI: rows become digits (digits.h), or stay floats where they cannot.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/digits_vnni.h"
#include "kernels/gemm/op.h"

namespace sinter {

void gemm_weight_only_s4_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const NibblesForm floats = {p.k, p.block};
  const WideClamp clamp = {p.act_min, p.act_max};
  const int64_t one_tile = s4_tile_bytes(WEIGHT_ONLY_COLUMNS, p.k, p.block);
  const ProductTasks tasks = weight_only_tasks(p.m, p.n, p.k, one_tile, WIDENED_ROWS, call->workers->threads);
  const DigitsPanel panel = digits_vnni_panel(p);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const float* rows = a + part.first_row * p.lda;
    const DigitsRows own = {panel, static_cast<char*>(call->scratch) + thread * panel.bytes};
    // Of all rows, so that results do not depend on how they are cut.
    const int digits = digits_take(p) && p.m <= DIGITS_VNNI_ROWS
                           ? digits_of_rows(a, p.lda, p.m, p.k, largest_bits, count_kept_aside)
                           : 0;
    if (digits > 0) fill_digits(own, rows, p.lda, part.rows, p.k, digits);
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      const int64_t n0 = t * WEIGHT_ONLY_COLUMNS, width = s4_tile_width(p.n, n0);
      const int columns = static_cast<int>(p.n - n0 < width ? p.n - n0 : width);
      const char* tile = packed + t * one_tile;
      float* out = c + part.first_row * p.ldc + n0;
      if (digits == 3) {
        vnni_rows_of_digits<3>(own, part.rows, p, tile, width, out, columns);
      } else if (digits == 4) {
        vnni_rows_of_digits<4>(own, part.rows, p, tile, width, out, columns);
      } else {
        widened_tile(floats, part.rows, rows, p.lda, tile, width, out, p.ldc, columns, clamp);
      }
    }
  });
}

}  // namespace sinter
