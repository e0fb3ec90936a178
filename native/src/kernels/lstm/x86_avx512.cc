// lstm for AVX-512: products and floats in 512 bits, the integer gates in 256.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/drive.h"
#include "kernels/simd/avx512.h"
// clang-format off: simd/avx512.h brings the emulation that the intrinsics below need
#include "kernels/lstm/vector_f32.h"
#include "kernels/lstm/vector_s8.h"
// clang-format on

namespace sinter {

void gemm_f32_avx512(const Call* call);
void gemm_s8s8s32_avx512vnni(const Call* call);

void lstm_f32_avx512(const Call* call) {
  lstm_f32(call, gemm_f32_avx512, lstm_step_f32_vector<V>);
}

void lstm_s8_avx512vnni(const Call* call) {
  lstm_s8(call, gemm_s8s8s32_avx512vnni, lstm_step_s8_vector);
}

}  // namespace sinter
