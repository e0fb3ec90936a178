// rnn for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"
// clang-format off: simd/avx512.h brings the emulation that the intrinsics below need
#include "kernels/lstm/vector_f32.h"
#include "kernels/rnn/drive.h"
// clang-format on

namespace sinter {

void gemm_f32_avx512(const Call* call);

void rnn_f32_avx512(const Call* call) {
  rnn_drive(call, gemm_f32_avx512, [](int32_t activation, const float* x, const float* y, float* out, int64_t count) {
    rnn_activate_vectors<V>(activation, x, y, out, count,
                            [](int32_t function, V::F v) { return activate_floats<V>(function, v); });
  });
}

}  // namespace sinter
