// gemm of float activations and int8 weights for AMX: rows are quantized into a panel of unsigned bytes, then
// multiplied as int8's. SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/dynamic_vnni.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tasks.h"
#include "kernels/gemm/tile_amx_dynamic.h"

namespace sinter {
namespace {

template <DynamicResult HOW>
inline void gemm_dynamic(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const float* bias = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  const char* packed = reinterpret_cast<const char*>(bias) + dynamic_vnni_bias_bytes(p.n);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const DynamicAmxPanel panel = dynamic_amx_panel(p.k);
  const int64_t one_tile = tile_bytes(tile_form_vnni, p.k), tiles = (int64_t{p.n} + 63) / 64;
  const int threads = call->workers->threads;
  const int64_t block = fair_rows(p.m, panel.rows, 16, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask cut = tasks.at(task);
    const int64_t m0 = cut.first_row, rows = cut.rows;
    uint8_t* own = static_cast<uint8_t*>(call->scratch) + thread * panel.bytes;
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(own + panel.ranges);
    dynamic_rows<DynamicVnni>(a + m0 * p.lda, p.lda, rows, p.k, p.dynamic, own, panel.stride, panel.steps.bytes,
                              ranges);
    AmxRows all = {own, rows, panel.stride, 1, 0, panel.steps, nullptr, nullptr, 0, {0, 0}};
    if (panel.steps.tail) {
      amx_fill_tail(own, rows, panel.stride, panel.steps, own + panel.tail);
      all.tail = own + panel.tail;
    }
    AmxTiles shapes;
    const AmxDynamic how = {ranges, p.act_min, p.act_max};
    amx_each_strip(all, packed, one_tile, cut.first_tile, cut.end_tile, AMX_STRIP_ROWS_32, nullptr,
                   [&](const AmxRows& part, int64_t t) {
                     const int columns = p.n - t * 64 < 64 ? static_cast<int>(p.n - t * 64) : 64;
                     amx_tile_dynamic<HOW, 0>(&shapes, part, packed + t * one_tile, c + m0 * p.ldc + t * 64, p.ldc,
                                              columns, how, bias + t * 64);
                   });
    shapes.release();
  });
}

}  // namespace

void gemm_f32s8f32_amx(const Call* call) {
  const int32_t mode = static_cast<const GemmParams*>(call->params)->dynamic;
  if (mode == DYNAMIC_DELEGATE) return gemm_dynamic<FUSED>(call);
  if (mode < DYNAMIC_SYMMETRIC_FOLDED) return gemm_dynamic<ROUNDED>(call);
  gemm_dynamic<FOLDED>(call);
}

}  // namespace sinter
