// quantize: the definitions xnn.quantize, xnn.dequantize and xnn.requantize as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdint.h>

#include "kernels/quantize/convert.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

template <class T>
T clamp_to(int32_t value) {
  const int32_t low = static_cast<T>(-1) < 0 ? -128 : 0, high = static_cast<T>(-1) < 0 ? 127 : 255;
  return static_cast<T>(value < low ? low : value > high ? high : value);
}

template <class Out>
void quantize(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[QUANTIZE_IN]);
  Out* out = static_cast<Out*>(call->slots[QUANTIZE_OUT]);
  const float inverse = 1.0f / p.out_scale;
  for (int32_t i = 0; i < p.count; i++) {
    float scaled = in[i] * inverse;
    if (!(scaled < 32767.0f)) scaled = 32767.0f;  // NaN too
    if (scaled < -32768.0f) scaled = -32768.0f;
    out[i] = clamp_to<Out>(static_cast<int32_t>(lrintf(scaled)) + p.out_zero_point);
  }
}

template <class In>
void dequantize(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const In* in = static_cast<const In*>(call->slots[QUANTIZE_IN]);
  float* out = static_cast<float*>(call->slots[QUANTIZE_OUT]);
  for (int32_t i = 0; i < p.count; i++) out[i] = static_cast<float>(in[i] - p.in_zero_point) * p.in_scale;
}

template <class In, class Out>
void requantize(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const In* in = static_cast<const In*>(call->slots[QUANTIZE_IN]);
  Out* out = static_cast<Out*>(call->slots[QUANTIZE_OUT]);
  const bool same_type = (static_cast<In>(-1) < 0) == (static_cast<Out>(-1) < 0);
  const Requantizer r = requantizer(p, same_type);
  for (int32_t i = 0; i < p.count; i++) {
    out[i] = clamp_to<Out>(requantize_one(r, in[i] - p.in_zero_point, p.out_zero_point));
  }
}

}  // namespace

void quantize_f32s8_reference(const Call* call) {
  quantize<int8_t>(call);
}
void quantize_f32u8_reference(const Call* call) {
  quantize<uint8_t>(call);
}
void quantize_s8f32_reference(const Call* call) {
  dequantize<int8_t>(call);
}
void quantize_u8f32_reference(const Call* call) {
  dequantize<uint8_t>(call);
}
void quantize_s8s8_reference(const Call* call) {
  requantize<int8_t, int8_t>(call);
}
void quantize_u8s8_reference(const Call* call) {
  requantize<uint8_t, int8_t>(call);
}
void quantize_s8u8_reference(const Call* call) {
  requantize<int8_t, uint8_t>(call);
}
void quantize_u8u8_reference(const Call* call) {
  requantize<uint8_t, uint8_t>(call);
}

}  // namespace sinter
