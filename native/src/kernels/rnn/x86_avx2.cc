// rnn for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/vector_f32.h"
#include "kernels/lstm/vector_hybrid.h"
#include "kernels/rnn/drive.h"
#include "kernels/simd/avx2.h"

namespace sinter {

void gemm_f32_avx2(const Call* call);
void gemm_f32s8f32_avx2(const Call* call);

void rnn_f32_avx2(const Call* call) {
  rnn_drive(call, gemm_f32_avx2, [](int32_t activation, const float* x, const float* y, float* out, int64_t count) {
    rnn_activate_vectors<V>(activation, x, y, out, count,
                            [](int32_t function, V::F v) { return activate_floats<V>(function, v); });
  });
}

void rnn_f32s8_avx2(const Call* call) {
  rnn_drive(call, gemm_f32s8f32_avx2,
            [](int32_t activation, const float* x, const float* y, float* out, int64_t count) {
              rnn_activate_vectors<V>(activation, x, y, out, count,
                                      [](int32_t function, V::F v) { return exact_activation<V>(function, v); });
            });
}

}  // namespace sinter
