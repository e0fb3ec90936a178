// What conv in bfloat16 is for AMX (drive_amx.h): lines of the image are rounded once, as they are copied with their
// padding. Only for files that are built for AMX; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_AMX_BF16_H_
#define SINTER_KERNELS_CONV_AMX_BF16_H_

#include <math.h>
#include <string.h>

#include "kernels/conv/drive_amx.h"
#include "kernels/gemm/tile_amx_bf16.h"

namespace sinter {
namespace {

// I, O: float or uint16_t (bfloat16), of the image and of the results. Weights.columns(group, part, room) are what
// tile_amx_bf16.h multiplies by, Weights.width a part's columns.
template <class I, class O, class Weights>
struct ConvAmxBf16 {
  typedef I In;
  enum { BYTES = 2 };
  const ConvParams& p;
  Weights weights;
  O* out;
  int64_t n;  // columns of one group of channels
  bool bounded;

  ConvAmxBf16(const Call* call, const Weights& of)
      : p(*static_cast<const ConvParams*>(call->params)),
        weights(of),
        out(static_cast<O*>(call->slots[CONV_OUT])),
        n(p.out_c / p.groups),
        bounded(p.act_min != -INFINITY || p.act_max != INFINITY) {}
  int64_t parts() const {
    return (n + weights.width - 1) / weights.width;
  }
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
  void multiply(AmxTiles* tiles, const AmxRows& windows, int64_t group, int64_t part, int64_t pixel,
                uint8_t* room) const {
    const AmxFloats<O> to = {out + pixel * p.out_c + group * n, p.out_c, {p.act_min, p.act_max}, bounded};
    const int64_t first = part * weights.width, left = n - first;
    auto columns = weights.columns(group, part, room);
    amx_bf16_product(tiles, windows, &columns, first, left < weights.width ? n : first + weights.width, nullptr, to);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_AMX_BF16_H_
