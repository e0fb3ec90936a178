// conv in bfloat16 for AMX, and by int8 weights that were widened when they were packed.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/amx_bf16.h"

namespace sinter {
namespace {

template <bool SCALED>
struct Packed {
  const uint32_t* packed;
  int64_t width, one_tile, one_group;

  AmxPackedBf16<SCALED> columns(int64_t group, int64_t, uint8_t*) const {
    return {packed + group * one_group, one_tile};
  }
};

template <class I, class O, bool SCALED = false>
inline void run(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  const int64_t one_tile = SCALED ? bf16s8_tile_words(k) : bf16_tile_words(k);
  const Packed<SCALED> weights = {static_cast<const uint32_t*>(call->slots[CONV_WEIGHTS]), n, one_tile,
                                  (n + 15) / 16 * one_tile};
  conv_amx(call, amx_conv_block(p, call->workers->threads, 2, sizeof(I) == 2, false),
           ConvAmxBf16<I, O, Packed<SCALED>>(call, weights));
}

}  // namespace

void conv_f32bf16f32_amx(const Call* call) {
  run<float, float>(call);
}
void conv_f32bf16bf16_amx(const Call* call) {
  run<float, uint16_t>(call);
}
void conv_bf16bf16f32_amx(const Call* call) {
  run<uint16_t, float>(call);
}
void conv_bf16bf16bf16_amx(const Call* call) {
  run<uint16_t, uint16_t>(call);
}

void conv_weight_only_bf16_s8_amx_wide(const Call* call) {
  run<float, float, true>(call);
}
void conv_f32s8bf16_amx_wide(const Call* call) {
  run<float, uint16_t, true>(call);
}
void conv_bf16s8f32_amx_wide(const Call* call) {
  run<uint16_t, float, true>(call);
}
void conv_bf16s8bf16_amx_wide(const Call* call) {
  run<uint16_t, uint16_t, true>(call);
}

}  // namespace sinter
