// batch_matmul, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/packing_s16.h"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

// Calls f(a, a_step, b, b_step, c) for every element of C; steps lead from one k to the next.
template <class A, class B, class C, class F>
void for_each_element(const Call* call, const F& f) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const A* a = static_cast<const A*>(call->slots[BATCH_MATMUL_A]);
  const B* b = static_cast<const B*>(call->slots[BATCH_MATMUL_B]);
  C* c = static_cast<C*>(call->slots[BATCH_MATMUL_C]);
  const int64_t lda = a_pitch(p), ldb = b_pitch(p), ldc = c_pitch(p);
  const bool empty = p.m == 0 || p.batch0 == 0 || p.batch1 == 0 || p.batch2 == 0;
  const int64_t batches = empty ? 0 : int64_t{p.batch0} * p.batch1 * p.batch2;
  parallel_for(call->workers, batches, [&](int64_t index, int) {
    const A* left = a + a_offset(p, index);
    const B* right = b + b_offset(p, index);
    for (int64_t m = 0; m < p.m; m++) {
      for (int64_t n = 0; n < p.n; n++) {
        f(left + (p.transpose_a ? m : m * lda), p.transpose_a ? lda : 1, right + (p.transpose_b ? n * ldb : n),
          p.transpose_b ? 1 : ldb, c + c_offset(p, index) + m * ldc + n);
      }
    }
  });
}

template <class B>
void multiply_s16(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const Columns16 scale = {nullptr, nullptr, &p.scale_multiplier, &p.scale_shift, nullptr};
  for_each_element<int16_t, B, int16_t>(
      call, [&](const int16_t* a, int64_t a_step, const B* b, int64_t b_step, int16_t* c) {
        int64_t sum = 0;
        for (int64_t k = 0; k < p.k; k++) sum += int64_t{a[k * a_step]} * b[k * b_step];
        *c = bounded_16(requantize_16(sum, scale, 0, REQUANTIZE_FIXED_64), p.out_min, p.out_max);
      });
}

}  // namespace

void batch_matmul_f32_reference(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  for_each_element<float, float, float>(call,
                                        [&](const float* a, int64_t a_step, const float* b, int64_t b_step, float* c) {
                                          float sum = 0;  // k upwards: the order is part of the definition
                                          for (int64_t k = 0; k < p.k; k++) sum += a[k * a_step] * b[k * b_step];
                                          *c = sum;
                                        });
}

void batch_matmul_bf16_reference(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  for_each_element<float, float, float>(call,
                                        [&](const float* a, int64_t a_step, const float* b, int64_t b_step, float* c) {
                                          float sum = 0;  // k upwards: the order is part of the definition
                                          for (int64_t k = 0; k < p.k; k++)
                                            sum += bf16_rounded(a[k * a_step]) * bf16_rounded(b[k * b_step]);
                                          *c = sum;
                                        });
}

void batch_matmul_s8s8s8_reference(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  for_each_element<int8_t, int8_t, int8_t>(
      call, [&](const int8_t* a, int64_t a_step, const int8_t* b, int64_t b_step, int8_t* c) {
        int32_t sum = 0;
        for (int64_t k = 0; k < p.k; k++) sum += (a[k * a_step] - p.a_zero_point) * (b[k * b_step] - p.b_zero_point);
        *c = requantize_s8(sum, p.scale, p.out_zero_point, p.out_min, p.out_max);
      });
}

void batch_matmul_s16s16s16_reference(const Call* call) {
  multiply_s16<int16_t>(call);
}
void batch_matmul_s16s8s16_reference(const Call* call) {
  multiply_s16<int8_t>(call);
}

}  // namespace sinter
