// lstm for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/drive.h"
#include "kernels/lstm/vector_f32.h"
#include "kernels/lstm/vector_hybrid.h"
#include "kernels/lstm/vector_s8.h"
#include "kernels/simd/avx2.h"

namespace sinter {

void gemm_f32_avx2(const Call* call);
void gemm_s8s8s32_avx2(const Call* call);
void gemm_f32s8f32_avx2(const Call* call);

void lstm_f32_avx2(const Call* call) {
  lstm_f32(call, gemm_f32_avx2, lstm_step_f32_vector<V>);
}

void lstm_f32s8_avx2(const Call* call) {
  lstm_f32(call, gemm_f32s8f32_avx2, lstm_step_hybrid<V>);
}

void lstm_s8_avx2(const Call* call) {
  lstm_s8(call, gemm_s8s8s32_avx2, lstm_step_s8_vector);
}

}  // namespace sinter
