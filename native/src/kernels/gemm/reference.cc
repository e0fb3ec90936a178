// gemm in int8 and uint8, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

// T: int8_t or uint8_t, of activations and weights.
template <class T, class Store>
void reference(const Call* call, const Store& store) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const T* a = static_cast<const T*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  const int32_t* bias = reinterpret_cast<const int32_t*>(packed);
  const float* scale = reinterpret_cast<const float*>(packed + int64_t{4} * p.n);
  const T* weights = reinterpret_cast<const T*>(packed + int64_t{8} * p.n);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    for (int64_t n = 0; n < p.n; n++) {
      uint32_t sum = static_cast<uint32_t>(bias[n]);  // wraps like the vector units
      for (int64_t k = 0; k < p.k; k++) {
        sum += static_cast<uint32_t>((a[m * p.lda + k] - p.a_zero_point) * (weights[n * p.k + k] - p.w_zero_point));
      }
      store(m * p.ldc + n, static_cast<int32_t>(sum), scale[n]);
    }
  });
}

}  // namespace

void gemm_u8u8u8_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  uint8_t* c = static_cast<uint8_t*>(call->slots[GEMM_C]);
  reference<uint8_t>(call, [&](int64_t at, int32_t sum, float scale) {
    c[at] = requantize_u8(sum, scale, p.out_zero_point, p.out_min, p.out_max);
  });
}

void gemm_s8s8s8_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  reference<int8_t>(call, [&](int64_t at, int32_t sum, float scale) {
    c[at] = requantize_s8(sum, scale, p.out_zero_point, p.out_min, p.out_max);
  });
}

void gemm_s8s8s32_reference(const Call* call) {
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  reference<int8_t>(call, [&](int64_t at, int32_t sum, float) { __builtin_memcpy(c + 4 * at, &sum, 4); });
}

void gemm_u8u8s32_reference(const Call* call) {
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  reference<uint8_t>(call, [&](int64_t at, int32_t sum, float) { __builtin_memcpy(c + 4 * at, &sum, 4); });
}

}  // namespace sinter
