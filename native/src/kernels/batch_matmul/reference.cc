// batch_matmul, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

// Calls f(a, a_step, b, b_step, c) for every element of C; steps lead from one k to the next.
template <class T, class F>
void for_each_element(const Call* call, const F& f) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const T* a = static_cast<const T*>(call->slots[BATCH_MATMUL_A]);
  const T* b = static_cast<const T*>(call->slots[BATCH_MATMUL_B]);
  T* c = static_cast<T*>(call->slots[BATCH_MATMUL_C]);
  const bool empty = p.m == 0 || p.batch0 == 0 || p.batch1 == 0 || p.batch2 == 0;
  const int64_t batches = empty ? 0 : int64_t{p.batch0} * p.batch1 * p.batch2;
  parallel_for(call->workers, batches, [&](int64_t index, int) {
    const T* left = a + a_offset(p, index);
    const T* right = b + b_offset(p, index);
    for (int64_t m = 0; m < p.m; m++) {
      for (int64_t n = 0; n < p.n; n++) {
        f(left + (p.transpose_a ? m : m * p.k), p.transpose_a ? p.m : 1, right + (p.transpose_b ? n * p.k : n),
          p.transpose_b ? 1 : p.n, c + (index * p.m + m) * p.n + n);
      }
    }
  });
}

}  // namespace

void batch_matmul_f32_reference(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  for_each_element<float>(call, [&](const float* a, int64_t a_step, const float* b, int64_t b_step, float* c) {
    float sum = 0;  // k upwards: the order is part of the definition
    for (int64_t k = 0; k < p.k; k++) sum += a[k * a_step] * b[k * b_step];
    *c = sum;
  });
}

void batch_matmul_s8s8s8_reference(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  for_each_element<int8_t>(call, [&](const int8_t* a, int64_t a_step, const int8_t* b, int64_t b_step, int8_t* c) {
    int32_t sum = 0;
    for (int64_t k = 0; k < p.k; k++) sum += (a[k * a_step] - p.a_zero_point) * (b[k * b_step] - p.b_zero_point);
    *c = requantize_s8(sum, p.scale, p.out_zero_point, p.out_min, p.out_max);
  });
}

}  // namespace sinter
