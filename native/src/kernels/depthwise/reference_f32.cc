// depthwise in float, activations as floats or bfloat16, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/depthwise/f32.h"
#include "kernels/gemm/bf16.h"

namespace sinter {
namespace {

// In, Out: float or uint16_t (bfloat16).
template <class In, class Out>
void reference(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const In* in = static_cast<const In*>(call->slots[DEPTHWISE_IN]);
  const float* packed = static_cast<const float*>(call->slots[DEPTHWISE_WEIGHTS]);
  Out* out = static_cast<Out*>(call->slots[DEPTHWISE_OUT]);
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
          sum += float_of(in[((b * p.in_h + iy) * p.in_w + ix) * p.in_c + c / p.multiplier]) *
                 packed[(i * p.kernel_w + j + 1) * pitch + c];
        }
        sum = sum < p.act_min ? p.act_min : sum;  // NaN stays
        put_float(&out[(row * p.out_w + x) * channels + c], sum > p.act_max ? p.act_max : sum);
      }
    }
  });
}

}  // namespace

void depthwise_f32_reference(const Call* call) {
  reference<float, float>(call);
}
void depthwise_f32f32bf16_reference(const Call* call) {
  reference<float, uint16_t>(call);
}
void depthwise_bf16f32f32_reference(const Call* call) {
  reference<uint16_t, float>(call);
}
void depthwise_bf16f32bf16_reference(const Call* call) {
  reference<uint16_t, uint16_t>(call);
}

}  // namespace sinter
