// gemm of floats by weights of int8, int4 or half precision that are widened in registers, for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/widen_avx512.h"

namespace sinter {
namespace {

template <class Form>
inline void run(const Call* call, const Form& form) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const WideClamp clamp = {p.act_min, p.act_max};
  const int64_t one_tile = form.tile_bytes(WEIGHT_ONLY_COLUMNS);
  const ProductTasks tasks = weight_only_tasks(p.m, p.n, p.k, one_tile, WIDENED_ROWS, call->workers->threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int) {
    const ProductTask part = tasks.at(task);
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      const int64_t n0 = t * WEIGHT_ONLY_COLUMNS, width = s4_tile_width(p.n, n0);
      const int columns = static_cast<int>(p.n - n0 < width ? p.n - n0 : width);
      widened_tile(form, part.rows, a + part.first_row * p.lda, p.lda, packed + t * one_tile, width,
                   c + part.first_row * p.ldc + n0, p.ldc, columns, clamp);
    }
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
