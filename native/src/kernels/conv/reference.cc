// conv in int8 and uint8, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

// T: int8_t or uint8_t.
template <class T>
void reference(const Call* call, int32_t lowest) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[CONV_IN]);
  const char* packed = static_cast<const char*>(call->slots[CONV_WEIGHTS]);
  const int32_t* bias = reinterpret_cast<const int32_t*>(packed);
  const float* scale = reinterpret_cast<const float*>(packed + int64_t{4} * p.out_c);
  const T* weights = reinterpret_cast<const T*>(packed + int64_t{8} * p.out_c);
  T* out = static_cast<T*>(call->slots[CONV_OUT]);
  const int64_t channels = p.in_c / p.groups, outputs = p.out_c / p.groups, k = conv_k(p);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        uint32_t sum = static_cast<uint32_t>(bias[o]);
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          if (iy < 0 || iy >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            if (ix < 0 || ix >= p.in_w) continue;
            const T* pixel = in + ((b * p.in_h + iy) * p.in_w + ix) * p.in_c + o / outputs * channels;
            const T* w = weights + o * k + (i * p.kernel_w + j) * channels;
            for (int64_t c = 0; c < channels; c++) {
              sum += static_cast<uint32_t>((pixel[c] - p.in_zero_point) * (w[c] - p.w_zero_point));
            }
          }
        }
        out[(row * p.out_w + x) * p.out_c + o] = static_cast<T>(
            requantize_8(static_cast<int32_t>(sum), scale[o], p.out_zero_point, p.out_min, p.out_max, lowest));
      }
    }
  });
}

}  // namespace

void conv_s8s8s8_reference(const Call* call) {
  reference<int8_t>(call, -128);
}
void conv_u8u8u8_reference(const Call* call) {
  reference<uint8_t>(call, 0);
}

}  // namespace sinter
