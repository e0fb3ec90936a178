// normalize as loops that the compiler makes vectors of: built for the baseline and once more for AVX2. Internal
// linkage throughout. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_NORMALIZE_ROWS_H_
#define SINTER_KERNELS_NORMALIZE_ROWS_H_

#include <math.h>
#include <stdint.h>

#include "core/workers.h"
#include "kernels/normalize/op.h"
#include "kernels/normalize/steps.h"
#include "kernels/softmax/exponential.h"

namespace sinter {
namespace {

template <class T>
void normalize_l2(const NormalizeParams& p, const T* in, T* out) {
  const int32_t zero = p.in_zero_point, depth = p.depth;  // a copy: bytes that are written might be the field's
  int32_t sum = 0;
  for (int32_t i = 0; i < depth; i++) sum += (in[i] - zero) * (in[i] - zero);
  const UnitLength<T> f(zero, sum);
  for (int32_t i = 0; i < depth; i++) out[i] = f(in[i]);
}

template <class T>
void normalize_log(const NormalizeParams& p, const float* table, const T* in, T* out) {
  const int32_t depth = p.depth;
  int32_t largest = static_cast<T>(-1) < 0 ? -128 : 0;
  for (int32_t i = 0; i < depth; i++) largest = in[i] > largest ? in[i] : largest;
  float sum = 0.0f;
  for (int32_t i = 0; i < depth; i++) sum += table[largest - in[i]];
  const LogSteps<T> f(p.in_scale, largest, sum);
  for (int32_t i = 0; i < depth; i++) out[i] = f(in[i]);
}

template <class T>
void normalize_8(const Call* call) {
  typedef T A __attribute__((aligned(1)));
  const NormalizeParams& p = *static_cast<const NormalizeParams*>(call->params);
  const A* in = static_cast<const A*>(call->slots[NORMALIZE_IN]);
  A* out = static_cast<A*>(call->slots[NORMALIZE_OUT]);
  if (p.depth == 0) return;
  const int64_t group = fair_rows(p.rows, 4096 / p.depth + 1, 1, call->workers->threads);
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    float table[256];  // exponentials by the distance to the row's largest
    if (p.function == NORMALIZE_LOG_SOFTMAX) {
      for (int32_t i = 0; i < 256; i++) table[i] = exp_of(-p.in_scale * static_cast<float>(i));
    }
    for (int64_t row = task * group; row < (task + 1) * group && row < p.rows; row++) {
      const A* from = in + row * p.depth;
      A* to = out + row * p.depth;
      p.function == NORMALIZE_L2 ? normalize_l2<T>(p, from, to) : normalize_log<T>(p, table, from, to);
    }
  });
}

void normalize_f32(const Call* call) {
  const NormalizeParams& p = *static_cast<const NormalizeParams*>(call->params);
  if (p.depth == 0) return;
  const int64_t group = fair_rows(p.rows, 4096 / p.depth + 1, 1, call->workers->threads);
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    for (int64_t row = task * group; row < (task + 1) * group && row < p.rows; row++) {
      const float* in = static_cast<const float*>(call->slots[NORMALIZE_IN]) + row * p.depth;
      float* out = static_cast<float*>(call->slots[NORMALIZE_OUT]) + row * p.depth;
      float sums[16] = {};
      int32_t i = 0;
      for (; i + 16 <= p.depth; i += 16) {
        for (int k = 0; k < 16; k++) sums[k] += in[i + k] * in[i + k];
      }
      for (int k = 0; i < p.depth; i++, k++) sums[k] += in[i] * in[i];
      float sum = 0.0f;
      for (float part : sums) sum += part;
      const float root = sqrtf(sum), norm = root > 1e-6f ? root : 1e-6f;
      for (int32_t k = 0; k < p.depth; k++) out[k] = in[k] / norm;
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_NORMALIZE_ROWS_H_
