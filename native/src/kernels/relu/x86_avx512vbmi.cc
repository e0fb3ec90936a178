// relu of bytes by tables, for AVX-512 with permutations of bytes. SPDX-License-Identifier: Apache-2.0
#include "kernels/relu/by_table.h"

namespace sinter {

void relu_s8s8_avx512(const Call* call);
void relu_u8u8_avx512(const Call* call);
void lookup_u8_avx512vbmi(const Call* call);

static void relu_bytes(const Call* call, KernelFn row) {
  if (!relu_gains_by_table(*static_cast<const ReluParams*>(call->params))) return row(call);
  relu_by_table(call, row, lookup_u8_avx512vbmi);
}

void relu_s8s8_avx512vbmi(const Call* call) {
  relu_bytes(call, relu_s8s8_avx512);
}
void relu_u8u8_avx512vbmi(const Call* call) {
  relu_bytes(call, relu_u8u8_avx512);
}

}  // namespace sinter
