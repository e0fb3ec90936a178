// gemm of floats by weights of int8, int4 or half precision that are widened in registers, for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/widen_avx512.h"

namespace sinter {
namespace {

template <class Form>
inline void run(const Call* call, const Form& form) {
  const StoredProduct<> of(call, form.tile_bytes(WEIGHT_ONLY_COLUMNS), WIDENED_ROWS);
  parallel_for(call->workers, of.tasks.count(), [&](int64_t task, int) {
    const ProductTask part = of.tasks.at(task);
    const float* rows = of.a + part.first_row * of.p.lda;
    of.each_tile(part, part.first_row, [&](const char* tile, int64_t width, float* out, int columns) {
      widened_tile(form, part.rows, rows, of.p.lda, tile, width, out, of.p.ldc, columns, of.clamp);
    });
  });
}

}  // namespace

void gemm_weight_only_s8_avx512(const Call* call) {
  run<RowsForm<int8_t>>(call, {static_cast<const GemmParams*>(call->params)->k});
}
void gemm_f32f16f32_avx512(const Call* call) {
  run<RowsForm<uint16_t>>(call, {static_cast<const GemmParams*>(call->params)->k});
}
void gemm_weight_only_s4_avx512(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  run<NibblesForm>(call, {p.k, p.block});
}

}  // namespace sinter
