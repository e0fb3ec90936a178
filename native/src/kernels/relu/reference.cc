// relu: the definitions relu.s8 (tfl.relu8, xnn.leaky_relu) and relu.f32 as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/relu/op.h"
#include "kernels/relu/scaling.h"

namespace sinter {

template <class T>
static void relu_bytes(const Call* call) {
  const ReluParams& p = *static_cast<const ReluParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[RELU_IN]);
  T* out = static_cast<T*>(call->slots[RELU_OUT]);
  const ReluScaling s = relu_scaling(p);
  for (int32_t i = 0; i < p.count; i++) {
    int32_t value = relu_one(s, in[i] - p.in_zero_point) + p.out_zero_point;
    value = value < p.out_min ? p.out_min : value;
    value = value > p.out_max ? p.out_max : value;
    out[i] = static_cast<T>(value);
  }
}

void relu_s8s8_reference(const Call* call) {
  relu_bytes<int8_t>(call);
}
void relu_u8u8_reference(const Call* call) {
  relu_bytes<uint8_t>(call);
}

void relu_f32f32_reference(const Call* call) {
  const ReluParams& p = *static_cast<const ReluParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[RELU_IN]);
  float* out = static_cast<float*>(call->slots[RELU_OUT]);
  for (int32_t i = 0; i < p.count; i++) {
    float value = in[i];
    if (p.kind == RELU_LEAKY) {
      value = value >= 0.0f ? value : value * p.alpha;
    } else {
      value = value < p.act_min ? p.act_min : value;
      value = value > p.act_max ? p.act_max : value;
    }
    out[i] = value;
  }
}

}  // namespace sinter
