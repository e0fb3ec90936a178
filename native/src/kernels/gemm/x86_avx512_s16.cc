// gemm of int16 activations and int8 weights for AVX-512 VNNI. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/tile_vnni.h"
//
#include "kernels/gemm/drive_s16.h"

namespace sinter {

void gemm_s16s8s16_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int64_t groups = (int64_t{p.k} + 3) / 4, weights = packed_tiles_bytes(tile_form_vnni_u8, p.n, p.k);
  gemm_split(call, SPLIT_ROWS_VNNI,
             [&](const SplitPanel& panel, uint8_t* own, int64_t rows, int64_t first, int64_t end, const auto& finish) {
               VnniRows bytes = {own, rows, panel.stride, 1, 0, groups, nullptr};
               bytes.far = weights > FAR_BYTES;
               for (int64_t t = first; t < end; t++) {
                 const SplitTile tile = split_tile(call, t);
                 bytes.next = t + 1 < end ? split_tile(call, t + 1).at : nullptr;
                 vnni_any_tile(bytes, tile.at,
                               VnniStore32{reinterpret_cast<char*>(own + panel.sums), tile.width, tile.width});
                 finish(t);
               }
             });
}

}  // namespace sinter
