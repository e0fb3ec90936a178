// gemm of int16 activations and int8 weights for AMX. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_s16.h"
#include "kernels/gemm/tile_amx.h"

namespace sinter {

void gemm_s16s8s16_amx(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int64_t one_tile = tile_bytes(tile_form_vnni_u8, p.k);
  gemm_split(call, SPLIT_ROWS_AMX,
             [&](const SplitPanel& panel, uint8_t* own, int64_t rows, int64_t first, int64_t end, const auto& finish) {
               AmxRows all = {own, rows, panel.stride, 1, 0, panel.steps, nullptr, nullptr, 0, {0, 0}};
               if (panel.steps.tail) {
                 amx_fill_tail(own, rows, panel.stride, panel.steps, own + panel.tail);
                 all.tail = own + panel.tail;
               }
               AmxTiles shapes;
               const int64_t whole = rows / 32 * 32;
               for (int64_t t = first; t < end; t++) {
                 const SplitTile tile = split_tile(call, t);
                 for (int64_t from = 0; from < rows; from += from < whole ? whole : rows) {
                   AmxRows part = amx_rows_from(all, from, from < whole ? whole : rows - whole);
                   part.next = t + 1 < end ? split_tile(call, t + 1).at : nullptr;
                   part.next_bytes = one_tile;
                   amx_tile_32<AMX_U8>(&shapes, part, tile.at, own + panel.sums, tile.width, tile.width);
                 }
                 shapes.finish();
                 finish(t);
               }
               shapes.release();
             });
}

}  // namespace sinter
