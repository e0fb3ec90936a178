// add: the definitions xnn.add and add.f32 as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/add/op.h"
#include "kernels/add/scaling.h"
#include "kernels/add/walk.h"

namespace sinter {

void add_s8s8s8_reference(const Call* call) {
  const AddParams& p = *static_cast<const AddParams*>(call->params);
  const int8_t* a = static_cast<const int8_t*>(call->slots[ADD_A]);
  const int8_t* b = static_cast<const int8_t*>(call->slots[ADD_B]);
  int8_t* out = static_cast<int8_t*>(call->slots[ADD_OUT]);
  const AddScaling s = add_scaling(p);
  add_walk(p, call->workers, [&](int64_t at_a, int64_t at_b, int64_t at_out, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
      int32_t value = add_one(s, p, a[at_a + i * p.a_stride5], b[at_b + i * p.b_stride5]);
      value = value < p.out_min ? p.out_min : value;
      value = value > p.out_max ? p.out_max : value;
      out[at_out + i] = static_cast<int8_t>(value);
    }
  });
}

void add_f32f32f32_reference(const Call* call) {
  const AddParams& p = *static_cast<const AddParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[ADD_A]);
  const float* b = static_cast<const float*>(call->slots[ADD_B]);
  float* out = static_cast<float*>(call->slots[ADD_OUT]);
  add_walk(p, call->workers, [&](int64_t at_a, int64_t at_b, int64_t at_out, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
      float value = a[at_a + i * p.a_stride5] + b[at_b + i * p.b_stride5];
      value = value < p.act_min ? p.act_min : value;
      value = value > p.act_max ? p.act_max : value;
      out[at_out + i] = value;
    }
  });
}

}  // namespace sinter
