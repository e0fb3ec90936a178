// conv in bfloat16 by int8 weights for AVX-512 with vdpbf16ps: a strip of columns is widened for all rows of a block
// that meet it. SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/bf16s8.h"
#include "kernels/conv/strips_bf16.h"
#include "kernels/gemm/widen_bf16_avx512.h"

namespace sinter {
namespace {

// A Kernel of drive_f32.h whose strips of weights are numbers: a packed tile counts as one float.
template <class I, class O>
struct ConvWidenedBf16 : ConvBf16<I, O> {
  const char* packed;
  int64_t k, bytes;
  WidenedStrip* strip = nullptr;  // of the thread

  explicit ConvWidenedBf16(const Call* call) : packed(static_cast<const char*>(call->slots[CONV_WEIGHTS])) {
    const ConvParams& p = *static_cast<const ConvParams*>(call->params);
    k = conv_k(p);
    bytes = widened_bf16_bytes(p);
  }
  int64_t thread_bytes() const {
    return bytes;
  }
  ConvWidenedBf16 of_thread(char* at) const {
    ConvWidenedBf16 own = *this;
    own.strip = reinterpret_cast<WidenedStrip*>(at);
    own.strip->first = -1;
    return own;
  }
  void multiply(const Bf16Rows& rows, const FloatWeights& weights, const StripResults<O>& results, int columns) const {
    const int64_t first = weights.bias - reinterpret_cast<const float*>(packed), step = bf16s8_tile_words(k);
    uint32_t* panel = reinterpret_cast<uint32_t*>(reinterpret_cast<char*>(strip) + 64);
    if (strip->first != first || strip->columns != columns) {
      for (int64_t t = 0; t < stored_tiles(columns); t++) {
        widen_columns(stored_columns(packed, first + t, k), k, panel + t * step);
      }
      *strip = {first, columns};
    }
    const FloatWeights widened = packed_strip_f32(reinterpret_cast<const float*>(panel), step, 0, 0, false);
    multiply_strip_bf16_avx512(rows, scaled_strip(widened), results, columns);
  }
};

template <class I, class O>
inline void run(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  conv_strips(call, ConvWidenedBf16<I, O>(call), 1, stored_tiles(p.out_c / p.groups), WIDENED_IMAGE_BYTES);
}

}  // namespace

void conv_weight_only_bf16_s8_avx512bf16(const Call* call) {
  run<float, float>(call);
}
void conv_f32s8bf16_avx512bf16(const Call* call) {
  run<float, uint16_t>(call);
}
void conv_bf16s8f32_avx512bf16(const Call* call) {
  run<uint16_t, float>(call);
}
void conv_bf16s8bf16_avx512bf16(const Call* call) {
  run<uint16_t, uint16_t>(call);
}

}  // namespace sinter
