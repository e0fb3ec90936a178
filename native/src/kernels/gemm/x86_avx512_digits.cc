// gemm of floats by int4 weights for AVX-512 VNNI: rows become digits (digits.h), or stay floats where they cannot.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/digits_vnni.h"
#include "kernels/gemm/op.h"

namespace sinter {

void gemm_weight_only_s4_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const NibblesForm floats = {p.k, p.block};
  const StoredProduct<> of(call, floats.tile_bytes(WEIGHT_ONLY_COLUMNS), WIDENED_ROWS);
  const DigitsPanel panel = digits_vnni_panel(p);
  parallel_for(call->workers, of.tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = of.tasks.at(task);
    const float* rows = of.a + part.first_row * p.lda;
    const DigitsRows own = {panel, static_cast<char*>(call->scratch) + thread * panel.bytes};
    // Of all rows, so that results do not depend on how they are cut.
    const int digits = digits_take(p) && p.m <= DIGITS_VNNI_ROWS
                           ? digits_of_rows(of.a, p.lda, p.m, p.k, largest_bits, count_kept_aside)
                           : 0;
    if (digits > 0) fill_digits(own, rows, p.lda, part.rows, p.k, digits);
    of.each_tile(part, part.first_row, [&](const char* tile, int64_t width, float* out, int columns) {
      if (digits == 0) {
        widened_tile(floats, part.rows, rows, p.lda, tile, width, out, p.ldc, columns, of.clamp);
        return;
      }
      with_digits(digits, [&](auto number) {
        vnni_rows_of_digits<decltype(number)::value>(own, part.rows, p, tile, width, out, columns);
      });
    });
  });
}

}  // namespace sinter
