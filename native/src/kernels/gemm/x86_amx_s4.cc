// gemm of float activations and int4 weights for AMX: rows are quantized into a panel of unsigned bytes and meet a
// tile's weights as signed bytes, 16 times what they stand for, taken apart once for all rows of a block.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/nibbles_vnni.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/s4_scratch.h"
#include "kernels/gemm/tasks.h"
#include "kernels/gemm/tile_amx_dynamic.h"

namespace sinter {
namespace {

template <DynamicResult HOW>
inline void gemm_dynamic(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t n = p.n, wide = s4_round_up(p.k, 8), tiles = (n + S4_TILE_COLUMNS - 1) / S4_TILE_COLUMNS;
  const DynamicAmxPanel panel = dynamic_amx_panel(wide);
  const int64_t one_tile = s4_tile_bytes(S4_TILE_COLUMNS, p.k, 0), own_bytes = s4_amx_thread_bytes(p.k);
  const int threads = call->workers->threads;
  const int64_t block = tile_high_rows(p.m, panel.rows, 16, 16, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask cut = tasks.at(task);
    const int64_t m0 = cut.first_row, rows = cut.rows;
    uint8_t* own = static_cast<uint8_t*>(call->scratch) + thread * own_bytes;
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(own + panel.ranges);
    char* bytes = reinterpret_cast<char*>(own + panel.bytes);
    dynamic_rows<DynamicVnni>(a + m0 * p.lda, p.lda, rows, p.k, p.dynamic, own, panel.stride, panel.steps.bytes,
                              ranges);
    AmxRows all = {own, rows, panel.stride, 1, 0, panel.steps, nullptr, nullptr, 0, {0, 0}};
    if (panel.steps.tail) {
      amx_fill_tail(own, rows, panel.stride, panel.steps, own + panel.tail);
      all.tail = own + panel.tail;
    }
    AmxTiles shapes;
    const AmxDynamic how = {ranges, p.act_min, p.act_max};
    const int64_t whole = rows / 32 * 32;
    for (int64_t t = cut.first_tile; t < cut.end_tile; t++) {
      const char* tile = packed + t * one_tile;
      const int64_t n0 = t * S4_TILE_COLUMNS, width = s4_tile_width(n, n0);
      const int columns = static_cast<int>(n - n0 < width ? n - n0 : width);
      shapes.finish();  // what waits reads `bytes`
      memcpy(bytes, tile, static_cast<size_t>(s4_header_bytes(width)));
      unpack_nibbles(tile + s4_header_bytes(width), width, wide / 8, bytes + s4_header_bytes(width));
      const float* bias = reinterpret_cast<const float*>(tile + 8 * width);
      // Blocks of 32 rows, then what is left.
      for (int64_t from = 0; from < rows; from += from < whole ? whole : rows) {
        AmxRows part = amx_rows_from(all, from, from < whole ? whole : rows - whole);
        part.next = t + 1 < cut.end_tile ? packed + (t + 1) * one_tile : nullptr;
        part.next_bytes = one_tile;
        amx_tile_dynamic<HOW, 4>(&shapes, part, bytes, c + m0 * p.ldc + n0, p.ldc, columns, how, bias);
      }
    }
    shapes.release();
  });
}

}  // namespace

void gemm_f32s4f32_amx(const Call* call) {
  const int32_t mode = static_cast<const GemmParams*>(call->params)->dynamic;
  if (mode == DYNAMIC_DELEGATE) return gemm_dynamic<FUSED>(call);
  if (mode < DYNAMIC_SYMMETRIC_FOLDED) return gemm_dynamic<ROUNDED>(call);
  gemm_dynamic<FOLDED>(call);
}

}  // namespace sinter
