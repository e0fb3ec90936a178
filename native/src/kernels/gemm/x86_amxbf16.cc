// gemm in bfloat16 for AMX, and by int8 weights that were widened when they were packed.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/drive_amx_bf16.h"

namespace sinter {
namespace {

template <class T, class Out, bool SCALED = false>
inline void gemm_bf16(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const uint32_t* packed = static_cast<const uint32_t*>(call->slots[GEMM_WEIGHTS]);
  const int64_t one_tile = SCALED ? bf16s8_tile_words(p.k) : bf16_tile_words(p.k);
  gemm_amx_bf16<T, Out>(call, one_tile, 0,
                        [&](AmxTiles* tiles, const AmxRows& rows, int64_t first, int64_t last, uint8_t* copy,
                            const AmxFloats<Out>& to, uint8_t*) {
                          AmxPackedBf16<SCALED> weights = {packed, one_tile};
                          amx_bf16_product(tiles, rows, &weights, first, last, copy, to);
                        });
}

}  // namespace

void gemm_f32bf16f32_amx(const Call* call) {
  gemm_bf16<float, float>(call);
}
void gemm_bf16bf16f32_amx(const Call* call) {
  gemm_bf16<uint16_t, float>(call);
}
void gemm_f32bf16bf16_amx(const Call* call) {
  gemm_bf16<float, uint16_t>(call);
}
void gemm_bf16bf16bf16_amx(const Call* call) {
  gemm_bf16<uint16_t, uint16_t>(call);
}

void gemm_weight_only_bf16_s8_amx_wide(const Call* call) {
  gemm_bf16<float, float, true>(call);
}
void gemm_bf16s8f32_amx_wide(const Call* call) {
  gemm_bf16<uint16_t, float, true>(call);
}
void gemm_f32s8bf16_amx_wide(const Call* call) {
  gemm_bf16<float, uint16_t, true>(call);
}
void gemm_bf16s8bf16_amx_wide(const Call* call) {
  gemm_bf16<uint16_t, uint16_t, true>(call);
}

}  // namespace sinter
