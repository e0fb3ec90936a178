// conv in bfloat16 for AVX-512 with vdpbf16ps, and by int8 weights that were widened when they were packed.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/strips_bf16.h"

namespace sinter {
namespace {

template <class I, class O, bool SCALED = false>
inline void run(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p), tile = SCALED ? bf16s8_tile_words(k) : bf16_tile_words(k);
  conv_strips(call, ConvBf16<I, O, SCALED>(), tile, (n + 15) / 16 * tile);
}

}  // namespace

void conv_f32bf16f32_avx512bf16(const Call* call) {
  run<float, float>(call);
}
void conv_f32bf16bf16_avx512bf16(const Call* call) {
  run<float, uint16_t>(call);
}
void conv_bf16bf16f32_avx512bf16(const Call* call) {
  run<uint16_t, float>(call);
}
void conv_bf16bf16bf16_avx512bf16(const Call* call) {
  run<uint16_t, uint16_t>(call);
}

void conv_weight_only_bf16_s8_avx512bf16_wide(const Call* call) {
  run<float, float, true>(call);
}
void conv_f32s8bf16_avx512bf16_wide(const Call* call) {
  run<float, uint16_t, true>(call);
}
void conv_bf16s8f32_avx512bf16_wide(const Call* call) {
  run<uint16_t, float, true>(call);
}
void conv_bf16s8bf16_avx512bf16_wide(const Call* call) {
  run<uint16_t, uint16_t, true>(call);
}

}  // namespace sinter
