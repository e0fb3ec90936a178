// depthwise, int8 and uint8: the scalar rows that the others are compared with.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/depthwise/s8.h"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

// T: int8_t or uint8_t.
template <class T>
void reference(const Call* call, int32_t lowest) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int64_t channels = depthwise_channels(p);
  const T* in = static_cast<const T*>(call->slots[DEPTHWISE_IN]);
  const int32_t* bias = static_cast<const int32_t*>(call->slots[DEPTHWISE_WEIGHTS]);
  const float* scale = reinterpret_cast<const float*>(bias + channels);
  const T* weights = reinterpret_cast<const T*>(scale + channels);
  T* out = static_cast<T*>(call->slots[DEPTHWISE_OUT]);
  parallel_for(call->workers, depthwise_out_rows(p), [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t c = 0; c < channels; c++) {
        // bias holds -zero point * (all weights): a tap outside counts as the zero point.
        uint32_t acc = static_cast<uint32_t>(bias[c]);
        for (int64_t i = 0; i < p.kernel_h; i++) {
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            const bool inside = iy >= 0 && iy < p.in_h && ix >= 0 && ix < p.in_w;
            const int32_t value =
                inside ? in[((b * p.in_h + iy) * p.in_w + ix) * p.in_c + c / p.multiplier] : p.in_zero_point;
            acc += static_cast<uint32_t>(value * (weights[(i * p.kernel_w + j) * channels + c] - p.w_zero_point));
          }
        }
        out[(row * p.out_w + x) * channels + c] = static_cast<T>(
            requantize_8(static_cast<int32_t>(acc), scale[c], p.out_zero_point, p.out_min, p.out_max, lowest));
      }
    }
  });
}

}  // namespace

void depthwise_s8s8s8_reference(const Call* call) {
  reference<int8_t>(call, -128);
}
void depthwise_u8u8u8_reference(const Call* call) {
  reference<uint8_t>(call, 0);
}

}  // namespace sinter
