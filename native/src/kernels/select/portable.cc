// select: rows of the last dimension, shared among the threads.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "core/workers.h"
#include "kernels/select/op.h"

namespace sinter {
namespace {

// Without a branch: conditions that follow no pattern cost some ten cycles each with one.
template <class T>
inline T either(uint8_t condition, T a, T b) {
  const T mask = static_cast<T>(-static_cast<T>(condition != 0));
  return static_cast<T>((a & mask) | (b & ~mask));
}

template <class Aligned>
void run(const Call* call) {
  typedef Aligned T __attribute__((aligned(1), may_alias));
  const SelectParams& p = *static_cast<const SelectParams*>(call->params);
  const uint8_t* condition = static_cast<const uint8_t*>(call->slots[SELECT_CONDITION]);
  const T* a = static_cast<const T*>(call->slots[SELECT_A]);
  const T* b = static_cast<const T*>(call->slots[SELECT_B]);
  T* out = static_cast<T*>(call->slots[SELECT_OUT]);
  int64_t rows = 1;
  for (int k = 0; k < SELECT_RANK - 1; k++) rows *= (&p.d0)[k];
  const int64_t n = p.d5;
  if (rows == 0 || n == 0) return;
  const int64_t group = 16384 / n + 1;
  parallel_for(call->workers, (rows + group - 1) / group, [&](int64_t task, int) {
    for (int64_t row = task * group; row < (task + 1) * group && row < rows; row++) {
      int64_t rest = row, at_c = 0, at_a = 0, at_b = 0;
      for (int k = SELECT_RANK - 2; k >= 0; k--) {
        const int64_t i = rest % (&p.d0)[k];
        rest /= (&p.d0)[k];
        at_c += i * (&p.condition_stride0)[k];
        at_a += i * (&p.a_stride0)[k];
        at_b += i * (&p.b_stride0)[k];
      }
      const uint8_t* c = condition + at_c;
      const T *x = a + at_a, *y = b + at_b;
      T* o = out + row * n;
      const int64_t sc = p.condition_stride5, sa = p.a_stride5, sb = p.b_stride5;
      if (sc == 1 && sa == 1 && sb == 1) {
        for (int64_t i = 0; i < n; i++) o[i] = either<Aligned>(c[i], x[i], y[i]);
      } else if (sc == 1 && sa <= 1 && sb == 0) {
        const Aligned one = *y;
        for (int64_t i = 0; i < n; i++) o[i] = either<Aligned>(c[i], x[i * sa], one);
      } else if (sc == 1 && sa == 0 && sb == 1) {
        const Aligned one = *x;
        for (int64_t i = 0; i < n; i++) o[i] = either<Aligned>(c[i], one, y[i]);
      } else {
        for (int64_t i = 0; i < n; i++) o[i] = either<Aligned>(c[i * sc], x[i * sa], y[i * sb]);
      }
    }
  });
}

}  // namespace

void select_u8_reference(const Call* call) {
  switch (static_cast<const SelectParams*>(call->params)->element_bytes) {
    case 1:
      return run<uint8_t>(call);
    case 2:
      return run<uint16_t>(call);
    case 4:
      return run<uint32_t>(call);
    default:
      return run<uint64_t>(call);
  }
}

}  // namespace sinter
