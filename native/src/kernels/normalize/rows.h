// normalize as loops that the compiler makes vectors of: built for the baseline and once more for AVX2. Internal
// linkage throughout. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_NORMALIZE_ROWS_H_
#define SINTER_KERNELS_NORMALIZE_ROWS_H_

#include <math.h>
#include <stdint.h>

#include "core/workers.h"
#include "kernels/normalize/op.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/softmax/exponential.h"

namespace sinter {
namespace {

// The high half of twice the product, rounded, halves up.
int32_t normalize_high(int32_t a, int32_t b) {
  return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 30)) >> 31);
}

int32_t normalize_shifted(int32_t x, int by) {
  const int64_t value = int64_t{x} * (int64_t{1} << by);
  return static_cast<int32_t>(value < INT32_MIN ? INT32_MIN : value > INT32_MAX ? INT32_MAX : value);
}

// 1 / sqrt(x) by five steps of Newton's method from 1, with three bits before the point; x of 0 counts as 1.
FixedFactor normalize_root(int32_t x) {
  if (x <= 1) return {INT32_MAX, 0};
  int32_t right = 11;
  while (x >= 1 << 29) {
    x /= 4;
    right++;
  }
  const int32_t pairs = (__builtin_clz(static_cast<uint32_t>(x)) - 1) / 2 - 1;
  right -= pairs;
  x <<= 2 * pairs;
  const int32_t whole = x >> 1, half = static_cast<int32_t>((int64_t{whole} + 1) >> 1);
  int32_t y = 1 << 28;
  for (int i = 0; i < 5; i++) {
    const int32_t cube = normalize_shifted(normalize_high(normalize_high(y, y), y), 6);
    y = normalize_shifted(normalize_high((1 << 28) + (1 << 27), y) - normalize_high(half, cube), 3);
  }
  y = normalize_high(y, 1518500250);  // half the root of 2
  if (right < 0) {
    y = static_cast<int32_t>(static_cast<uint32_t>(y) << -right);
    right = 0;
  }
  return {y, -right};
}

template <class T>
void normalize_l2(const NormalizeParams& p, const T* in, T* out) {
  constexpr bool is_signed = static_cast<T>(-1) < 0;
  const int32_t zero = p.in_zero_point;
  int32_t sum = 0;
  for (int32_t i = 0; i < p.depth; i++) sum += (in[i] - zero) * (in[i] - zero);
  FixedFactor root = normalize_root(sum);
  // int8: the 7 bits of the result's scale are part of the factor; uint8: of the value.
  if (is_signed) root.shift += 7;
  const int32_t times = is_signed ? 1 : 128, middle = is_signed ? 0 : 128;
  const int32_t low = is_signed ? -128 : 0, high = low + 255;
  for (int32_t i = 0; i < p.depth; i++) {
    int32_t value = middle + fixed_multiply((in[i] - zero) * times, root);
    value = value < low ? low : value;
    out[i] = static_cast<T>(value > high ? high : value);
  }
}

template <class T>
void normalize_log(const NormalizeParams& p, const float* table, const T* in, T* out) {
  constexpr int32_t low = static_cast<T>(-1) < 0 ? -128 : 0, high = low + 255;
  int32_t largest = low;
  for (int32_t i = 0; i < p.depth; i++) largest = in[i] > largest ? in[i] : largest;
  float sum = 0.0f;
  for (int32_t i = 0; i < p.depth; i++) sum += table[largest - in[i]];
  const float logarithm = static_cast<float>(log(static_cast<double>(sum)));
  const float out_scale = 0.0625f, scale = p.in_scale / out_scale;
  const float offset = (p.in_scale * static_cast<float>(largest) + logarithm) / out_scale;
  for (int32_t i = 0; i < p.depth; i++) {
    float steps = scale * static_cast<float>(in[i]) - offset;
    steps = steps > -1024.0f ? steps : -1024.0f;                       // all below are the least number
    const int32_t value = static_cast<int32_t>(lrintf(steps)) + high;  // the zero point is the greatest number
    out[i] = static_cast<T>(value < low ? low : value > high ? high : value);
  }
}

template <class T>
void normalize_8(const Call* call) {
  typedef T A __attribute__((aligned(1)));
  const NormalizeParams& p = *static_cast<const NormalizeParams*>(call->params);
  const A* in = static_cast<const A*>(call->slots[NORMALIZE_IN]);
  A* out = static_cast<A*>(call->slots[NORMALIZE_OUT]);
  if (p.depth == 0) return;
  const int64_t group = 4096 / p.depth + 1;
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
  const int64_t group = 4096 / p.depth + 1;
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
