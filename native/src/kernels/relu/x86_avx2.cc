// relu: the vector rows, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/relu/by_table.h"
#include "kernels/relu/vector.h"

namespace sinter {

void lookup_u8_avx2(const Call* call);

// Products of 64 bits take longer than a look-up.
template <class T>
static void relu_bytes_or_table(const Call* call) {
  const ReluParams& p = *static_cast<const ReluParams*>(call->params);
  if (relu_scaling(p).by_256 || !relu_gains_by_table(p)) return relu_bytes<V, T>(call);
  relu_by_table(call, relu_bytes<V, T>, lookup_u8_avx2);
}

void relu_s8s8_avx2(const Call* call) {
  relu_bytes_or_table<int8_t>(call);
}
void relu_u8u8_avx2(const Call* call) {
  relu_bytes_or_table<uint8_t>(call);
}
void relu_f32f32_avx2(const Call* call) {
  relu_f32<V>(call);
}

}  // namespace sinter
