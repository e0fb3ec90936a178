// transpose_conv in every type, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/packing_s16.h"
#include "kernels/gemm/requantize.h"
#include "kernels/transpose_conv/op.h"

namespace sinter {
namespace {

// add(o, input pixel, the weights' pixel) for each tap of the output (b, y, x), in rising order of taps.
template <class T, class W, class Add>
void each_tap(const TransposeConvParams& p, const T* in, const W* weights, int64_t b, int64_t y, int64_t x, int64_t o,
              const Add& add) {
  for (int64_t i = 0; i < p.kernel_h; i++) {
    const int64_t ty = y + p.pad_top - i;
    if (ty < 0 || ty % p.stride_h != 0 || ty / p.stride_h >= p.in_h) continue;
    for (int64_t j = 0; j < p.kernel_w; j++) {
      const int64_t tx = x + p.pad_left - j;
      if (tx < 0 || tx % p.stride_w != 0 || tx / p.stride_w >= p.in_w) continue;
      add(in + ((b * p.in_h + ty / p.stride_h) * p.in_w + tx / p.stride_w) * p.in_c,
          weights + ((o * p.kernel_h + i) * p.kernel_w + j) * p.in_c);
    }
  }
}

// value(b, y, x, o) for each output.
template <class T, class Value>
void each_output(const Call* call, const Value& value) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  T* out = static_cast<T*>(call->slots[TRANSPOSE_CONV_OUT]);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        out[(row * p.out_w + x) * p.out_c + o] = value(row / p.out_h, row % p.out_h, x, o);
      }
    }
  });
}

// T: int8_t or uint8_t.
template <class T>
void reference_8(const Call* call, int32_t lowest) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[TRANSPOSE_CONV_IN]);
  const int32_t* bias = static_cast<const int32_t*>(call->slots[TRANSPOSE_CONV_WEIGHTS]);
  const float* scale = reinterpret_cast<const float*>(bias + p.out_c);
  const T* weights = reinterpret_cast<const T*>(scale + p.out_c);
  each_output<T>(call, [&](int64_t b, int64_t y, int64_t x, int64_t o) {
    uint32_t sum = static_cast<uint32_t>(bias[o]);
    each_tap(p, in, weights, b, y, x, o, [&](const T* pixel, const T* w) {
      for (int64_t c = 0; c < p.in_c; c++) {
        sum += static_cast<uint32_t>((pixel[c] - p.in_zero_point) * (w[c] - p.w_zero_point));
      }
    });
    return static_cast<T>(
        requantize_8(static_cast<int32_t>(sum), scale[o], p.out_zero_point, p.out_min, p.out_max, lowest));
  });
}

}  // namespace

void transpose_conv_s8s8s8_reference(const Call* call) {
  reference_8<int8_t>(call, -128);
}
void transpose_conv_u8u8u8_reference(const Call* call) {
  reference_8<uint8_t>(call, 0);
}

void transpose_conv_s16s8s16_reference(const Call* call) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const int16_t* in = static_cast<const int16_t*>(call->slots[TRANSPOSE_CONV_IN]);
  const Columns16 columns = columns16(call->slots[TRANSPOSE_CONV_WEIGHTS], p.out_c);
  each_output<int16_t>(call, [&](int64_t b, int64_t y, int64_t x, int64_t o) {
    uint64_t sum = static_cast<uint64_t>(columns.bias[o]);
    each_tap(p, in, columns.weights, b, y, x, o, [&](const int16_t* pixel, const int8_t* w) {
      for (int64_t c = 0; c < p.in_c; c++) sum += static_cast<uint64_t>(int64_t{pixel[c]} * w[c]);
    });
    return bounded_16(requantize_16(static_cast<int64_t>(sum), columns, o, p.requantization), p.out_min, p.out_max);
  });
}

void transpose_conv_f32_reference(const Call* call) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[TRANSPOSE_CONV_IN]);
  const float* bias = static_cast<const float*>(call->slots[TRANSPOSE_CONV_WEIGHTS]);
  const float* weights = bias + p.out_c;
  each_output<float>(call, [&](int64_t b, int64_t y, int64_t x, int64_t o) {
    float sum = bias[o];
    each_tap(p, in, weights, b, y, x, o, [&](const float* pixel, const float* w) {
      for (int64_t c = 0; c < p.in_c; c++) sum += pixel[c] * w[c];
    });
    sum = sum < p.act_min ? p.act_min : sum;
    return sum > p.act_max ? p.act_max : sum;
  });
}

}  // namespace sinter
