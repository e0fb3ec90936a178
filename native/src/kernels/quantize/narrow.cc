// quantize from int4, two to a byte, and from half precision to floats, plainly. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/half.h"
#include "kernels/gemm/packing_s4.h"
#include "kernels/quantize/op.h"

namespace sinter {

void quantize_s4f32_reference(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[QUANTIZE_IN]);
  float* out = static_cast<float*>(call->slots[QUANTIZE_OUT]);
  for (int32_t i = 0; i < p.count; i++) out[i] = static_cast<float>(s4_value(in, i) - p.in_zero_point) * p.in_scale;
}

void quantize_f16f32_reference(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  float* out = static_cast<float*>(call->slots[QUANTIZE_OUT]);
  for (int32_t i = 0; i < p.count; i++) out[i] = half_at(call->slots[QUANTIZE_IN], i);
}

}  // namespace sinter
