// conv in bfloat16, plainly; reads the packing of pairs.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/packing_bf16.h"

namespace sinter {
namespace {

// In, Out: float, rounded on the way in, or uint16_t (bfloat16).
template <class In, class Out>
void reference(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const In* in = static_cast<const In*>(call->slots[CONV_IN]);
  const uint32_t* packed = static_cast<const uint32_t*>(call->slots[CONV_WEIGHTS]);
  Out* out = static_cast<Out*>(call->slots[CONV_OUT]);
  const int64_t channels = p.in_c / p.groups, outputs = p.out_c / p.groups, k = conv_k(p);
  parallel_for(call->workers, p.out_w > 0 ? int64_t{p.batch} * p.out_h : 0, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        const int64_t g = o / outputs, n = o % outputs;
        const uint32_t* tile = packed + g * bf16_tiles_bytes(outputs, k) / 4 + n / 16 * bf16_tile_words(k) + n % 16;
        float sum;
        memcpy(&sum, tile, 4);
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          if (iy < 0 || iy >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            if (ix < 0 || ix >= p.in_w) continue;
            const In* pixel = in + ((b * p.in_h + iy) * p.in_w + ix) * p.in_c + g * channels;
            const int64_t first = (i * p.kernel_w + j) * channels;
            for (int64_t c = 0; c < channels; c++) {
              const uint32_t pair = tile[(1 + (first + c) / 2) * 16];
              const uint16_t w = static_cast<uint16_t>(pair >> ((first + c) % 2 * 16));
              sum += bf16_operand(pixel[c]) * bf16_to_float(w);
            }
          }
        }
        sum = sum < p.act_min ? p.act_min : sum;  // NaN stays
        put_float(&out[(row * p.out_w + x) * p.out_c + o], sum > p.act_max ? p.act_max : sum);
      }
    }
  });
}

}  // namespace

void conv_f32bf16f32_reference(const Call* call) {
  reference<float, float>(call);
}
void conv_f32bf16bf16_reference(const Call* call) {
  reference<float, uint16_t>(call);
}
void conv_bf16bf16f32_reference(const Call* call) {
  reference<uint16_t, float>(call);
}
void conv_bf16bf16bf16_reference(const Call* call) {
  reference<uint16_t, uint16_t>(call);
}

}  // namespace sinter
