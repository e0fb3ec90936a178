// What the rows of products by int4 weights keep in scratch per thread. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_S4_SCRATCH_H_
#define SINTER_KERNELS_GEMM_S4_SCRATCH_H_

#include <stdint.h>

#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/packing_s4.h"

namespace sinter {

// AVX-512 VNNI: a panel of rows as unsigned bytes (k rounded up to 8) and their ranges; for more rows than meet weights
// with blocks as they are, float sums of weights [64] and scales [64] of each block, then one tile's weights as signed
// bytes in the order of tile_form_vnni (packing.h).
static const int64_t S4_DIRECT_ROWS = 10;

static inline int64_t s4_vnni_rows(int64_t m, int64_t k) {
  const int64_t most = dynamic_vnni_rows(k), rows = s4_round_up(m < 1 ? 1 : m, 6);
  return rows < most ? rows : most;
}
static inline int64_t s4_vnni_ranges_offset(int64_t m, int64_t k) {
  return s4_round_up(s4_vnni_rows(m, k) * s4_round_up(k, 8), 64);
}
static inline int64_t s4_vnni_tile_offset(int64_t m, int64_t k) {
  return s4_vnni_ranges_offset(m, k) + s4_round_up(s4_vnni_rows(m, k) * static_cast<int64_t>(sizeof(DynamicRange)), 64);
}
static inline int64_t s4_vnni_thread_bytes(int64_t m, int64_t k, int64_t block) {
  const int64_t tile = m <= S4_DIRECT_ROWS || block == 0 ? 0 : k / block * 512 + 64 * k;
  return s4_vnni_tile_offset(m, k) + tile;
}

// AMX: int8's panel, then a tile's weights as signed bytes behind a header, as gemm_f32s8_n64k4 has them.
static inline int64_t s4_amx_thread_bytes(int64_t k) {
  const int64_t wide = s4_round_up(k, 8);
  return dynamic_amx_panel(wide).bytes + s4_header_bytes(S4_TILE_COLUMNS) + s4_round_up(wide, 64) * S4_TILE_COLUMNS;
}

// AVX2: a panel of rows as int16 and their ranges, then 16 columns' weights as int16, pairs of k side by side.
static inline int64_t s4_avx2_weights_offset(int64_t k) {
  return dynamic_thread_bytes(s4_round_up(k, 8));
}
static inline int64_t s4_avx2_thread_bytes(int64_t k) {
  return s4_avx2_weights_offset(k) + s4_round_up(k, 8) * 32;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_S4_SCRATCH_H_
