// reduce: the definitions xnn.mean and mean.f32 as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/reduce/op.h"
#include "kernels/reduce/scaling.h"
#include "kernels/reduce/shape.h"

namespace sinter {
namespace {

// one(index of the output, offset of its first element) for each output, in order.
template <class One>
void each_output(const ReduceShape& s, const One& one) {
  int64_t index = 0;
  for (int64_t k0 = 0; k0 < s.kept[0]; k0++) {
    for (int64_t k1 = 0; k1 < s.kept[1]; k1++) {
      for (int64_t k2 = 0; k2 < s.kept[2]; k2++) {
        for (int64_t k3 = 0; k3 < s.kept[3]; k3++) {
          one(index++, k0 * s.kept_stride[0] + k1 * s.kept_stride[1] + k2 * s.kept_stride[2] + k3 * s.kept_stride[3]);
        }
      }
    }
  }
}

template <class Sum, class T>
Sum sum_from(const ReduceShape& s, const T* in) {
  Sum sum = 0;
  for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
    for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
      for (int64_t r2 = 0; r2 < s.reduced[2]; r2++) {
        sum += in[r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1] + r2 * s.reduced_stride[2]];
      }
    }
  }
  return sum;
}

template <class T>
void bytes(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[REDUCE_IN]);
  T* out = static_cast<T*>(call->slots[REDUCE_OUT]);
  const ReduceShape s = reduce_shape(p);
  const MeanScaling scaling = mean_scaling<T>(p, s.count);
  each_output(s, [&](int64_t index, int64_t at) { out[index] = mean_one<T>(scaling, sum_from<int32_t>(s, in + at)); });
}

}  // namespace

void reduce_s8s8_reference(const Call* call) {
  if (static_cast<const ReduceParams*>(call->params)->kind == REDUCE_PRODUCT) return reduce_product_s8(call);
  bytes<int8_t>(call);
}

void reduce_u8u8_reference(const Call* call) {
  bytes<uint8_t>(call);
}

void reduce_f32f32_reference(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[REDUCE_IN]);
  float* out = static_cast<float*>(call->slots[REDUCE_OUT]);
  const ReduceShape s = reduce_shape(p);
  const float inverse = mean_factor(p, s.count);
  each_output(
      s, [&](int64_t index, int64_t at) { out[index] = static_cast<float>(sum_from<double>(s, in + at)) * inverse; });
}

}  // namespace sinter
