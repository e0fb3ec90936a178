// Walks two broadcast tensors; internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_LOOP_H_
#define SINTER_KERNELS_BINARY_LOOP_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/binary/functions.h"
#include "kernels/binary/op.h"
#include "kernels/binary/walk.h"

namespace sinter {
namespace {

// out[i] = f(a, b) for all elements. The last dimension is a loop of its own for each of the usual
// patterns, so that the compiler can make vectors of it.
template <class In, class Out, class F>
void binary_loop(const Call* call, const F& f) {
  typedef In A __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
  typedef Out R __attribute__((aligned(1), may_alias));
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const A* a = static_cast<const A*>(call->slots[BINARY_A]);
  const A* b = static_cast<const A*>(call->slots[BINARY_B]);
  R* out = static_cast<R*>(call->slots[BINARY_OUT]);
  const Walk w(p);
  int64_t rows = 1;
  for (int k = 0; k < BINARY_RANK - 1; k++) rows *= w.d[k];
  const int64_t n = w.d[BINARY_RANK - 1], sa = w.a[BINARY_RANK - 1], sb = w.b[BINARY_RANK - 1];
  if (rows == 0 || n == 0) return;
  // A task is up to some 16 K elements: whole rows, or parts of a long one.
  const int64_t part = n > 4096 ? fair_rows(n, 16384, 64, call->workers->threads) : n;
  const int64_t parts = (n + part - 1) / part;
  const int64_t group = fair_rows(rows, 16384 / n + 1, 1, call->workers->threads);
  const int64_t groups = (rows + group - 1) / group;
  parallel_for(call->workers, groups * parts, [&](int64_t task, int) {
    const int64_t index = task % parts, first = task / parts * group;
    const F g = f;  // its own, which no store can change
    const int64_t from = index * part, to = from + part < n ? from + part : n;
    for (int64_t row = first; row < first + group && row < rows; row++) {
      int64_t rest = row, at_a = 0, at_b = 0;
      for (int k = BINARY_RANK - 2; k >= 0; k--) {
        const int64_t i = rest % w.d[k];
        rest /= w.d[k];
        at_a += i * w.a[k];
        at_b += i * w.b[k];
      }
      const A *x = a + at_a, *y = b + at_b;
      R* o = out + row * n;
      if (sa == 1 && sb == 1) {
        for (int64_t i = from; i < to; i++) o[i] = g(x[i], y[i]);
      } else if (sa == 1 && sb == 0) {
        const In one = *y;
        for (int64_t i = from; i < to; i++) o[i] = g(x[i], one);
      } else if (sa == 0 && sb == 1) {
        const In one = *x;
        for (int64_t i = from; i < to; i++) o[i] = g(one, y[i]);
      } else {
        for (int64_t i = from; i < to; i++) o[i] = g(x[i * sa], y[i * sb]);
      }
    }
  });
}

// Whether a divisor is `zero`; then it says so, and nothing may be written.
template <class T>
bool any_zero(const Call* call, T zero) {
  typedef T B __attribute__((aligned(1), may_alias));
  const BinaryParams& p = *static_cast<const BinaryParams*>(call->params);
  const B* b = static_cast<const B*>(call->slots[BINARY_B]);
  int64_t last = 0;
  for (int k = 0; k < BINARY_RANK; k++) {
    if ((&p.d0)[k] == 0) return false;
    last += int64_t{(&p.d0)[k] - 1} * (&p.b_stride0)[k];
  }
  int32_t found = 0;
  for (int64_t i = 0; i <= last; i++) found |= b[i] == zero;
  if (found && call->fault) *call->fault = {"division by 0", 0, -1};
  return found != 0;
}

// Runs the function that a visit (functions.h, quantized.h) comes to.
struct Loop {
  const Call* call;
  template <class F>
  void operator()(const F& f) const {
    if constexpr (F::divides) {
      if (any_zero<typename F::In>(call, f.zero())) return;
    }
    binary_loop<typename F::In, typename F::Out>(call, f);
  }
  template <class T>
  void stored(const BinaryParams& p) const {
    visit_stored<T>(p, *this);
  }
  template <class As>
  void compare(const As& as) const {
    visit_comparison_as(*static_cast<const BinaryParams*>(call->params), as, *this);
  }
};

static inline const BinaryParams& binary_params(const Call* call) {
  return *static_cast<const BinaryParams*>(call->params);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_LOOP_H_
