// depthwise in float, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/depthwise/f32.h"

namespace sinter {

void depthwise_f32_reference(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[DEPTHWISE_IN]);
  const float* packed = static_cast<const float*>(call->slots[DEPTHWISE_WEIGHTS]);
  float* out = static_cast<float*>(call->slots[DEPTHWISE_OUT]);
  const int64_t channels = int64_t{p.in_c} * p.multiplier, pitch = depthwise_f32_pitch(p);
  const int64_t taps = int64_t{p.kernel_h} * p.kernel_w;
  const bool columns = depthwise_f32_by_columns(p);
  parallel_for(call->workers, p.out_w > 0 ? int64_t{p.batch} * p.out_h : 0, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t c = 0; c < channels; c++) {
        float sum = packed[c];
        for (int64_t t = 0; t < taps; t++) {
          const int64_t i = columns ? t % p.kernel_h : t / p.kernel_w, j = columns ? t / p.kernel_h : t % p.kernel_w;
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
          if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
          sum += in[((b * p.in_h + iy) * p.in_w + ix) * p.in_c + c / p.multiplier] *
                 packed[(i * p.kernel_w + j + 1) * pitch + c];
        }
        sum = sum < p.act_min ? p.act_min : sum;  // NaN stays
        out[(row * p.out_w + x) * channels + c] = sum > p.act_max ? p.act_max : sum;
      }
    }
  });
}

}  // namespace sinter
