// gemm in bfloat16 by int8 weights for AMX: weights of columns are widened while products by those before run.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_amx_bf16.h"
#include "kernels/gemm/packing_weight_only.h"

namespace sinter {
namespace {

// Tiles of gemm_s8_n64k1.
struct Columns {
  const char* packed;
  int64_t n, k;

  StoredColumns operator()(int64_t t) const {
    const int64_t n0 = t / 4 * WEIGHT_ONLY_COLUMNS, width = s4_tile_width(n, n0);
    const char* tile = packed + t / 4 * weight_only_tile_bytes(WEIGHT_ONLY_COLUMNS, k, 1);
    const int8_t* w = reinterpret_cast<const int8_t*>(tile + weight_only_header_bytes(width)) + t % 4 * 16;
    return {tile + t % 4 * 64, tile + 4 * width + t % 4 * 64, w, width};
  }
};

template <class T, class Out>
inline void run(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const Columns stored = {static_cast<const char*>(call->slots[GEMM_WEIGHTS]), p.n, p.k};
  const int64_t part = widened_columns(p.n, p.k), own_bytes = widened_columns_bytes(p.n, p.k);
  const int64_t thread_bytes = amx_bf16_panel(p.k, sizeof(T) == 4).bytes + own_bytes;
  for (int64_t t = 1; t <= call->workers->threads; t++) {
    char* end = static_cast<char*>(call->scratch) + t * thread_bytes;
    *reinterpret_cast<WidenedColumns*>(end - own_bytes) = {-1, 0};
  }
  gemm_amx_bf16<T, Out>(call, bf16s8_tile_words(p.k), own_bytes,
                        [&](AmxTiles* tiles, const AmxRows& rows, int64_t first, int64_t last, uint8_t* copy,
                            const AmxFloats<Out>& to, uint8_t* own) {
                          for (int64_t from = first; from < last; from += part) {
                            AmxStoredBf16<Columns> weights = {stored, p.k, from / 16,
                                                              reinterpret_cast<WidenedColumns*>(own)};
                            weights.begin();
                            const int64_t end = last - from < part ? last : from + part;
                            amx_bf16_product(tiles, rows, &weights, from, end, copy, to);
                          }
                        });
}

}  // namespace

void gemm_weight_only_bf16_s8_amx(const Call* call) {
  run<float, float>(call);
}
void gemm_bf16s8f32_amx(const Call* call) {
  run<uint16_t, float>(call);
}
void gemm_f32s8bf16_amx(const Call* call) {
  run<float, uint16_t>(call);
}
void gemm_bf16s8bf16_amx(const Call* call) {
  run<uint16_t, uint16_t>(call);
}

}  // namespace sinter
