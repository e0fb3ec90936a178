// gemm of float activations and int8 weights by tiles of VNNI: rows are quantized into a panel of unsigned bytes, then
// multiplied as int8's. For files that include dynamic_vnni.h or dynamic_avxvnni.h before.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_DYNAMIC_VNNI_H_
#define SINTER_KERNELS_GEMM_DRIVE_DYNAMIC_VNNI_H_

#include "core/workers.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

template <DynamicResult HOW>
inline void gemm_dynamic_as(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const float* bias = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  const char* packed = reinterpret_cast<const char*>(bias) + dynamic_vnni_bias_bytes(p.n);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t groups = (int64_t{p.k} + 3) / 4, stride = 4 * groups;
  const int64_t one_tile = tile_bytes(tile_form_vnni, p.k), tiles = (int64_t{p.n} + 63) / 64;
  const int threads = call->workers->threads;
  // More rows are cut: eight took half as long again by columns.
  const int64_t few = 6, most = dynamic_vnni_rows(p.k);
  const int64_t block =
      p.m <= few ? product_rows(p.m, most, 6, tiles * one_tile, threads) : fair_rows(p.m, most, 6, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row, rows = part.rows;
    char* own = static_cast<char*>(call->scratch) + thread * dynamic_vnni_thread_bytes(p.k);
    uint8_t* panel = reinterpret_cast<uint8_t*>(own);
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(own + dynamic_vnni_panel_bytes(p.k));
    dynamic_rows<DynamicVnni>(a + m0 * p.lda, p.lda, rows, p.k, p.dynamic, panel, stride, stride, ranges);
    VnniRows all = {panel, rows, stride, 1, 0, groups, nullptr};
    all.far = tiles * one_tile > FAR_BYTES;
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      all.next = t + 1 < part.end_tile ? packed + (t + 1) * one_tile : nullptr;
      const int columns = p.n - t * 64 < 64 ? static_cast<int>(p.n - t * 64) : 64;
      vnni_any_tile(
          all, packed + t * one_tile,
          VnniStoreDynamic<HOW>{c + m0 * p.ldc + t * 64, p.ldc, columns, ranges, bias + t * 64, p.act_min, p.act_max});
    }
  });
}

inline void gemm_dynamic(const Call* call) {
  const int32_t mode = static_cast<const GemmParams*>(call->params)->dynamic;
  if (mode == DYNAMIC_DELEGATE) return gemm_dynamic_as<FUSED>(call);
  if (mode < DYNAMIC_SYMMETRIC_FOLDED) return gemm_dynamic_as<ROUNDED>(call);
  gemm_dynamic_as<FOLDED>(call);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_DYNAMIC_VNNI_H_
