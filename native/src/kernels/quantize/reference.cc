// quantize: the definitions xnn.quantize, xnn.dequantize and xnn.requantize as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/quantize/convert.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

template <class F>
void each(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const typename F::In* in = static_cast<const typename F::In*>(call->slots[QUANTIZE_IN]);
  typename F::Out* out = static_cast<typename F::Out*>(call->slots[QUANTIZE_OUT]);
  const F f(p);
  for (int32_t i = 0; i < p.count; i++) out[i] = f(in[i]);
}

}  // namespace

void quantize_f32s8_reference(const Call* call) {
  each<QuantizeTo<int8_t>>(call);
}
void quantize_f32u8_reference(const Call* call) {
  each<QuantizeTo<uint8_t>>(call);
}
void quantize_s8f32_reference(const Call* call) {
  each<DequantizeFrom<int8_t>>(call);
}
void quantize_u8f32_reference(const Call* call) {
  each<DequantizeFrom<uint8_t>>(call);
}
void quantize_s8s8_reference(const Call* call) {
  each<RequantizeBytes<int8_t, int8_t>>(call);
}
void quantize_u8s8_reference(const Call* call) {
  each<RequantizeBytes<uint8_t, int8_t>>(call);
}
void quantize_s8u8_reference(const Call* call) {
  each<RequantizeBytes<int8_t, uint8_t>>(call);
}
void quantize_u8u8_reference(const Call* call) {
  each<RequantizeBytes<uint8_t, uint8_t>>(call);
}

}  // namespace sinter
