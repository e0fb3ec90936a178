// binary of floats in vectors: written once in the operations of simd/*.h, built per ISA. Equal to the reference bit
// for bit. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_VECTOR_H_
#define SINTER_KERNELS_BINARY_VECTOR_H_

#include <math.h>
#include <stdint.h>

#include "core/workers.h"
#include "kernels/binary/op.h"

namespace sinter {
namespace {

typedef V::F F;

#define SINTER_VECTOR(Name, expression) \
  struct Name {                         \
    SINTER_LANE F of(F a, F b) {        \
      return expression;                \
    }                                   \
  }
SINTER_VECTOR(VectorAdd, V::add(a, b));
SINTER_VECTOR(VectorSub, V::sub(a, b));
SINTER_VECTOR(VectorMul, V::mul(a, b));
SINTER_VECTOR(VectorDiv, V::div(a, b));
SINTER_VECTOR(VectorMax, V::max(a, b));
SINTER_VECTOR(VectorMin, V::min(a, b));
SINTER_VECTOR(VectorSquaredDifference, V::mul(V::sub(a, b), V::sub(a, b)));
SINTER_VECTOR(VectorPrelu, V::if_not_negative(a, a, V::mul(a, b)));
#undef SINTER_VECTOR

inline __attribute__((noinline)) F powers(F a, F b) {
  float x[V::W], y[V::W];
  V::store(x, a);
  V::store(y, b);
  for (int i = 0; i < V::W; i++) x[i] = powf(x[i], y[i]);
  return V::load(x);
}
struct VectorPow {
  SINTER_LANE F of(F a, F b) {
    return powers(a, b);
  }
};

// What stands at a stride: neighbours, one value, or values apart.
struct Neighbours {
  SINTER_LANE F load(const float* p, int64_t i, int64_t) {
    return V::load(p + i);
  }
  SINTER_LANE F load_n(const float* p, int64_t i, int64_t, int64_t n) {
    return V::load_n(p + i, n);
  }
};
struct OneValue {
  SINTER_LANE F load(const float* p, int64_t, int64_t) {
    return V::set(*p);
  }
  SINTER_LANE F load_n(const float* p, int64_t, int64_t, int64_t) {
    return V::set(*p);
  }
};
struct Apart {
  SINTER_LANE F load(const float* p, int64_t i, int64_t stride) {
    return load_n(p, i, stride, V::W);
  }
  SINTER_LANE F load_n(const float* p, int64_t i, int64_t stride, int64_t n) {
    float values[V::W] = {};
    for (int64_t k = 0; k < n; k++) values[k] = p[(i + k) * stride];
    return V::load(values);
  }
};

// The dimensions, those joined that both operands walk through in one go.
struct Walk {
  int64_t d[BINARY_RANK], a[BINARY_RANK], b[BINARY_RANK];

  explicit Walk(const BinaryParams& p) {
    int to = BINARY_RANK - 1;
    for (int k = BINARY_RANK - 1; k >= 0; k--) {
      const int64_t size = (&p.d0)[k], in_a = (&p.a_stride0)[k], in_b = (&p.b_stride0)[k];
      if (k < BINARY_RANK - 1 && size == 1) continue;
      if (k == BINARY_RANK - 1) {
        d[to] = size, a[to] = in_a, b[to] = in_b;
      } else if (in_a == a[to] * d[to] && in_b == b[to] * d[to]) {
        d[to] *= size;
      } else {
        to--;
        d[to] = size, a[to] = in_a, b[to] = in_b;
      }
    }
    while (--to >= 0) d[to] = 1, a[to] = b[to] = 0;
  }
};

template <class Function, class A, class B>
SINTER_LANE void binary_row(const BinaryParams& p, const Walk& w, const float* a, const float* b, float* out,
                            int64_t from, int64_t to) {
  const F low = V::set(p.act_min), high = V::set(p.act_max);
  const auto bounded = [&](F value) { return V::min(high, V::max(low, value)); };  // NaN stays
  int64_t i = from;
  for (; i + V::W <= to; i += V::W) {
    V::store(out + i, bounded(Function::of(A::load(a, i, w.a[BINARY_RANK - 1]), B::load(b, i, w.b[BINARY_RANK - 1]))));
  }
  if (i < to) {
    const F x = A::load_n(a, i, w.a[BINARY_RANK - 1], to - i), y = B::load_n(b, i, w.b[BINARY_RANK - 1], to - i);
    V::store_n(out + i, bounded(Function::of(x, y)), to - i);
  }
}

template <class Function>
void binary_f32(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[BINARY_A]);
  const float* b = static_cast<const float*>(call->slots[BINARY_B]);
  float* out = static_cast<float*>(call->slots[BINARY_OUT]);
  int64_t rows = 1;
  const Walk w(p);
  for (int k = 0; k < BINARY_RANK - 1; k++) rows *= w.d[k];
  const int64_t n = w.d[BINARY_RANK - 1];
  if (rows == 0 || n == 0) return;
  // A task is some 16 K elements: whole rows, or parts of a long one.
  const int64_t parts = n > 32768 ? (n + 16383) / 16384 : 1, group = 16384 / n + 1;
  const int64_t groups = (rows + group - 1) / group;
  parallel_for(call->workers, groups * parts, [&](int64_t task, int) {
    const int64_t part = task % parts, first = task / parts * group;
    const int64_t from = n * part / parts, to = n * (part + 1) / parts;
    const int64_t last = first + group < rows ? first + group : rows;
    int64_t at[BINARY_RANK - 1], at_a = 0, at_b = 0, rest = first;
    for (int k = BINARY_RANK - 2; k >= 0; k--) {
      at[k] = rest % w.d[k];
      rest /= w.d[k];
      at_a += at[k] * w.a[k];
      at_b += at[k] * w.b[k];
    }
    for (int64_t row = first; row < last; row++) {
      const float *x = a + at_a, *y = b + at_b;
      float* o = out + row * n;
      if (w.a[BINARY_RANK - 1] == 1 && w.b[BINARY_RANK - 1] == 1) {
        binary_row<Function, Neighbours, Neighbours>(p, w, x, y, o, from, to);
      } else if (w.a[BINARY_RANK - 1] == 1 && w.b[BINARY_RANK - 1] == 0) {
        binary_row<Function, Neighbours, OneValue>(p, w, x, y, o, from, to);
      } else if (w.a[BINARY_RANK - 1] == 0 && w.b[BINARY_RANK - 1] == 1) {
        binary_row<Function, OneValue, Neighbours>(p, w, x, y, o, from, to);
      } else {
        binary_row<Function, Apart, Apart>(p, w, x, y, o, from, to);
      }
      for (int k = BINARY_RANK - 2; k >= 0; k--) {  // the next row
        at_a += w.a[k];
        at_b += w.b[k];
        if (++at[k] < w.d[k]) break;
        at[k] = 0;
        at_a -= w.d[k] * w.a[k];
        at_b -= w.d[k] * w.b[k];
      }
    }
  });
}

inline void binary_functions(const Call* call) {
  switch (static_cast<const BinaryParams*>(call->params)->function) {
    case BINARY_ADD:
      return binary_f32<VectorAdd>(call);
    case BINARY_SUB:
      return binary_f32<VectorSub>(call);
    case BINARY_MUL:
      return binary_f32<VectorMul>(call);
    case BINARY_DIV:
      return binary_f32<VectorDiv>(call);
    case BINARY_MAX:
      return binary_f32<VectorMax>(call);
    case BINARY_MIN:
      return binary_f32<VectorMin>(call);
    case BINARY_POW:
      return binary_f32<VectorPow>(call);
    default:
      return binary_f32<VectorSquaredDifference>(call);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_VECTOR_H_
