// softmax in vectors: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SOFTMAX_VECTOR_H_
#define SINTER_KERNELS_SOFTMAX_VECTOR_H_

#include "core/workers.h"
#include "kernels/softmax/exponential.h"
#include "kernels/softmax/op.h"

namespace sinter {

// exp_of for D values at a time, the same steps in the same order.
template <class V>
static inline __attribute__((always_inline)) typename V::E exp_lanes(typename V::E x) {
  const typename V::E magic = V::set_d(SINTER_EXP_MAGIC);
  const typename V::E shifted = V::add_d(V::mul_d(x, V::set_d(SINTER_EXP_LOG2E)), magic);
  const typename V::E n = V::sub_d(shifted, magic);
  const typename V::E r =
      V::sub_d(V::sub_d(x, V::mul_d(n, V::set_d(SINTER_EXP_LN2_HIGH))), V::mul_d(n, V::set_d(SINTER_EXP_LN2_LOW)));
  typename V::E sum = V::set_d(0.0);
#define SINTER_TERM(term) sum = V::add_d(V::mul_d(sum, r), V::set_d(term));
  SINTER_EXP_TERMS(SINTER_TERM)
#undef SINTER_TERM
  return V::zero_if_below(V::add_exponent(sum, shifted), x, V::set_d(SINTER_EXP_LOWEST));
}

// table[i] = exp_of(scale * i) for i in [0, count), count a multiple of D.
template <class V>
static inline void exp_table(float scale, float* table, int32_t count) {
  float steps[V::D];
  for (int32_t i = 0; i < count; i += V::D) {
    for (int k = 0; k < V::D; k++) steps[k] = scale * static_cast<float>(i + k);
    V::store_d(table + i, exp_lanes<V>(V::load_d(steps)));
  }
}

template <class V>
static inline __attribute__((always_inline)) typename V::I softmax_round(typename V::F x, int32_t zero_point) {
  // roundf of a number that is not negative: halves up, exactly.
  const typename V::I whole = V::to_int_truncated(x);
  const typename V::F fraction = V::sub(x, V::to_float(whole));
  const typename V::F up = V::if_less(fraction, V::set(0.5f), V::set(0.0f), V::set(1.0f));
  return V::add_i(V::add_i(whole, V::to_int(up)), V::set_i(zero_point));
}

template <class V>
static inline int32_t largest_of(const int8_t* in, int32_t depth) {
  typename V::Y widest = V::set_y(-128);
  int32_t i = 0;
  for (; i + V::B <= depth; i += V::B) widest = V::max_y(widest, V::load_bytes(in + i));
  int32_t largest = i > 0 ? V::largest_y(widest) : -128;
  for (; i < depth; i++) largest = in[i] > largest ? in[i] : largest;
  return largest;
}

// ROWS rows of fewer than 256 values, whose sums are chains that do not wait for each other.
template <class V, int ROWS>
static inline void softmax_by_table(const SoftmaxParams& p, const float* table, const int8_t* in, int8_t* out) {
  float each[ROWS][256], sum[ROWS];
  int32_t largest[ROWS];
  for (int r = 0; r < ROWS; r++) {
    largest[r] = largest_of<V>(in + r * p.depth, p.depth);
    sum[r] = 0.0f;
  }
  for (int32_t k = 0; k < p.depth; k++) {
#pragma GCC unroll 8
    for (int r = 0; r < ROWS; r++) {
      const float value = table[largest[r] - in[r * p.depth + k]];
      each[r][k] = value;
      sum[r] += value;
    }
  }
  for (int r = 0; r < ROWS; r++, out += p.depth) {
    const typename V::F inverse = V::set(1.0f / (sum[r] * p.out_scale));
    int32_t k = 0;
    for (; k + V::W <= p.depth; k += V::W) {
      V::store_narrow(out + k, softmax_round<V>(V::mul(V::load(each[r] + k), inverse), p.out_zero_point));
    }
    if (k < p.depth) {
      const typename V::F x = V::load_n(each[r] + k, p.depth - k);
      V::store_narrow_n(out + k, softmax_round<V>(V::mul(x, inverse), p.out_zero_point), p.depth - k);
    }
  }
}

// Rows are taken in groups, each group with its own table: the values in it are few against a group's rows.
template <class V>
static inline void softmax_rows_s8(const SoftmaxParams& p, const int8_t* in, int8_t* out, int64_t rows) {
  const float scale = -p.in_scale * p.beta;
  float table[256];  // by distance from the row's largest
  const bool full = rows * p.depth >= 96;
  if (full) exp_table<V>(scale, table, 256);
  int64_t row = 0;
  if (full && p.depth < 256) {
    for (; row + 8 <= rows; row += 8, in += 8 * p.depth, out += 8 * p.depth) softmax_by_table<V, 8>(p, table, in, out);
    for (; row < rows; row++, in += p.depth, out += p.depth) softmax_by_table<V, 1>(p, table, in, out);
  }
  for (; row < rows; row++, in += p.depth, out += p.depth) {
    const int32_t largest = largest_of<V>(in, p.depth);
    if (!full) {
      // Few values: their exponentials alone, in order.
      float each[112] = {};
      for (int32_t k = 0; k < p.depth; k++) each[k] = scale * static_cast<float>(largest - in[k]);
      for (int32_t k = 0; k < p.depth; k += V::D) V::store_d(each + k, exp_lanes<V>(V::load_d(each + k)));
      float sum = 0.0f;
      for (int32_t k = 0; k < p.depth; k++) sum += each[k];
      const typename V::F inverse = V::set(1.0f / (sum * p.out_scale));
      int32_t k = 0;
      for (; k + V::W <= p.depth; k += V::W) {
        V::store_narrow(out + k, softmax_round<V>(V::mul(V::load(each + k), inverse), p.out_zero_point));
      }
      if (k < p.depth) {
        const typename V::F x = V::load_n(each + k, p.depth - k);
        V::store_narrow_n(out + k, softmax_round<V>(V::mul(x, inverse), p.out_zero_point), p.depth - k);
      }
      continue;
    }
    float sum = 0.0f;
    for (int32_t k = 0; k < p.depth; k++) sum += table[largest - in[k]];
    const float inverse = 1.0f / (sum * p.out_scale);
    int8_t quantized[256];
    for (int32_t k = 0; k < 256; k += V::W) {
      V::store_narrow(quantized + k, softmax_round<V>(V::mul(V::load(table + k), V::set(inverse)), p.out_zero_point));
    }
    for (int32_t k = 0; k < p.depth; k++) out[k] = quantized[largest - in[k]];
  }
}

template <class V>
static inline void softmax_s8(const Call* call) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[SOFTMAX_IN]);
  int8_t* out = static_cast<int8_t*>(call->slots[SOFTMAX_OUT]);
  if (p.depth == 0) return;
  const int64_t group = fair_rows(p.rows, 4096 / p.depth < 1 ? 1 : 4096 / p.depth, 1, call->workers->threads);
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    const int64_t from = task * group, rows = p.rows - from < group ? p.rows - from : group;
    softmax_rows_s8<V>(p, in + from * p.depth, out + from * p.depth, rows);
  });
}

template <class V>
static inline void softmax_rows_f32(const SoftmaxParams& p, const float* in, float* out, int64_t rows) {
  for (; rows > 0; rows--, in += p.depth, out += p.depth) {
    const int64_t whole = p.depth / V::W * V::W, rest = p.depth - whole;
    const int64_t fours = p.depth / (4 * V::W) * (4 * V::W);  // so that one's latency does not hold up the next
    const typename V::F lowest = V::set(-__builtin_inff());
    typename V::F most = lowest;
    if (fours > 0) {
      typename V::F each[4] = {lowest, lowest, lowest, lowest};
      for (int64_t i = 0; i < fours; i += 4 * V::W) {
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) each[v] = V::max(V::load(in + i + v * V::W), each[v]);
      }
      most = V::max(V::max(each[0], each[1]), V::max(each[2], each[3]));
    }
    for (int64_t i = fours; i < whole; i += V::W) most = V::max(V::load(in + i), most);
    float largest = whole > 0 ? V::largest(most) : -__builtin_inff();
    for (int64_t i = whole; i < p.depth; i++) largest = in[i] > largest ? in[i] : largest;
    const typename V::F top = V::set(largest), beta = V::set(p.beta);
    typename V::F sum = V::set(0.0f);
    for (int64_t i = 0; i < whole; i += V::W) {
      const typename V::F e = V::exponential_falling(V::mul(V::sub(V::load(in + i), top), beta));
      sum = V::add(sum, e);
      V::store(out + i, e);
    }
    float rest_sum = 0.0f;
    if (rest > 0) {
      const typename V::F e = V::exponential_falling(V::mul(V::sub(V::load_n(in + whole, rest), top), beta));
      float each[V::W];
      V::store(each, e);
      for (int64_t i = 0; i < rest; i++) {
        rest_sum += each[i];
        out[whole + i] = each[i];
      }
    }
    const float inverse = 1.0f / (V::sum(sum) + rest_sum);
    for (int64_t i = 0; i < whole; i += V::W) V::store(out + i, V::mul(V::load(out + i), V::set(inverse)));
    for (int64_t i = whole; i < p.depth; i++) out[i] *= inverse;
  }
}

template <class V>
static inline void softmax_f32(const Call* call) {
  const SoftmaxParams& p = *static_cast<const SoftmaxParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[SOFTMAX_IN]);
  float* out = static_cast<float*>(call->slots[SOFTMAX_OUT]);
  if (p.depth == 0) return;
  const int64_t group = fair_rows(p.rows, 2048 / p.depth < 1 ? 1 : 2048 / p.depth, 1, call->workers->threads);
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    const int64_t from = task * group, rows = p.rows - from < group ? p.rows - from : group;
    softmax_rows_f32<V>(p, in + from * p.depth, out + from * p.depth, rows);
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_SOFTMAX_VECTOR_H_
