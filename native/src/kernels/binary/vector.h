// binary of floats in vectors: written once in the operations of simd/*.h, built per ISA. Equal to the reference bit
// for bit. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_VECTOR_H_
#define SINTER_KERNELS_BINARY_VECTOR_H_

#include <math.h>
#include <stdint.h>

#include "kernels/binary/op.h"
#include "kernels/binary/walk.h"

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

template <class Function, class A, class B>
SINTER_LANE void binary_block(const BinaryParams& p, const Walk& w, const float* a, const float* b, float* out,
                              int64_t rows, int64_t from, int64_t to) {
  const F low = V::set(p.act_min), high = V::set(p.act_max);
  const auto bounded = [&](F value) { return V::min(high, V::max(low, value)); };  // NaN stays
  const int64_t step_a = w.a[BINARY_RANK - 1], step_b = w.b[BINARY_RANK - 1];
  for (; rows > 0; rows--) {
    int64_t i = from;
    for (; i + 4 * V::W <= to; i += 4 * V::W) {
#pragma GCC unroll 4
      for (int64_t k = i; k < i + 4 * V::W; k += V::W) {
        V::store(out + k, bounded(Function::of(A::load(a, k, step_a), B::load(b, k, step_b))));
      }
    }
    for (; i + V::W <= to; i += V::W) {
      V::store(out + i, bounded(Function::of(A::load(a, i, step_a), B::load(b, i, step_b))));
    }
    if (i < to) {
      const F x = A::load_n(a, i, step_a, to - i), y = B::load_n(b, i, step_b, to - i);
      V::store_n(out + i, bounded(Function::of(x, y)), to - i);
    }
    a += w.a[BINARY_RANK - 2];
    b += w.b[BINARY_RANK - 2];
    out += w.d[BINARY_RANK - 1];
  }
}

template <class Function>
void binary_f32(const Call* call) {
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const Walk w(p);
  const int64_t step_a = w.a[BINARY_RANK - 1], step_b = w.b[BINARY_RANK - 1];
  walk_blocks<float>(call, w, [&](const float* a, const float* b, float* out, int64_t rows, int64_t from, int64_t to) {
    if (step_a == 1 && step_b == 1) {
      binary_block<Function, Neighbours, Neighbours>(p, w, a, b, out, rows, from, to);
    } else if (step_a == 1 && step_b == 0) {
      binary_block<Function, Neighbours, OneValue>(p, w, a, b, out, rows, from, to);
    } else if (step_a == 0 && step_b == 1) {
      binary_block<Function, OneValue, Neighbours>(p, w, a, b, out, rows, from, to);
    } else {
      binary_block<Function, Apart, Apart>(p, w, a, b, out, rows, from, to);
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
