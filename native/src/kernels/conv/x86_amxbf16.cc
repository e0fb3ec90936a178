// conv in bfloat16 for AMX: lines of the image are rounded once, as they are copied with their padding.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "kernels/conv/drive_amx.h"
#include "kernels/gemm/tile_amx_bf16.h"

namespace sinter {
namespace {

// I, O: float or uint16_t (bfloat16), of the image and of the results.
template <class I, class O>
struct ConvBf16 {
  typedef I In;
  enum { BYTES = 2 };
  const ConvParams& p;
  const uint32_t* packed;
  O* out;
  int64_t n, one_tile, one_group;  // of one group of channels
  bool bounded;

  void copy_line(const In* from, int64_t count, int64_t left, int64_t width, uint8_t* to) const {
    left = from && left < width ? left : width;
    count = count < width - left ? count : width - left;
    uint16_t* at = reinterpret_cast<uint16_t*>(to);
    memset(at, 0, static_cast<size_t>(2 * left));
    if (count > 0) fill_panel(from, count, at + left);
    memset(at + left + count, 0, static_cast<size_t>(2 * (width - left - count)));
  }
  void copy_values(const In* from, int64_t count, uint8_t* to) const {
    if (from) {
      fill_panel(from, count, reinterpret_cast<uint16_t*>(to));
    } else {
      memset(to, 0, static_cast<size_t>(2 * count));
    }
  }
  void multiply(AmxTiles* tiles, const AmxRows& windows, int64_t group, int64_t pixel, int32_t*) const {
    const AmxFloats<O> to = {out + pixel * p.out_c + group * n, p.out_c, {p.act_min, p.act_max}, bounded};
    amx_bf16_product(tiles, windows, packed + group * one_group, one_tile, 0, n, nullptr, to);
  }
};

template <class I, class O>
inline void run(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  const ConvBf16<I, O> kernel = {p,
                                 static_cast<const uint32_t*>(call->slots[CONV_WEIGHTS]),
                                 static_cast<O*>(call->slots[CONV_OUT]),
                                 n,
                                 bf16_tile_words(k),
                                 bf16_tiles_bytes(n, k) / 4,
                                 p.act_min != -INFINITY || p.act_max != INFINITY};
  conv_amx(call, amx_conv_block(p, call->workers->threads, 2, sizeof(I) == 2, false), kernel);
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

}  // namespace sinter
