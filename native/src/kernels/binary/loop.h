// Walks two broadcast tensors; internal linkage but for the walk itself, which is built once (loop.cc).
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_LOOP_H_
#define SINTER_KERNELS_BINARY_LOOP_H_

#include <stdint.h>

#include "kernels/binary/functions.h"
#include "kernels/binary/op.h"

namespace sinter {

// out[i] = f(a[i], b[i]) for n neighbouring elements; f is the function's object.
typedef void BinaryNeighbours(const void* f, const void* a, const void* b, void* out, int64_t n);

// All elements, of so many bytes. Operands that repeat or lie apart are copied side by side, some hundred at a time: a
// loop for each pattern of each function made the library larger and took the compiler minutes.
void binary_walk(const Call* call, BinaryNeighbours* neighbours, const void* f, int64_t in_bytes, int64_t out_bytes);

namespace {

template <class F>
void binary_neighbours(const void* f, const void* a, const void* b, void* out, int64_t n) {
  typedef typename F::In A __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
  typedef typename F::Out R __attribute__((aligned(1), may_alias));
  const A *x = static_cast<const A*>(a), *y = static_cast<const A*>(b);
  R* o = static_cast<R*>(out);
  const F g = *static_cast<const F*>(f);  // its own, which no store can change
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep  // out is apart from the operands, or is one of them
#endif
  for (int64_t i = 0; i < n; i++) o[i] = g(x[i], y[i]);
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
    binary_walk(call, binary_neighbours<F>, &f, sizeof(typename F::In), sizeof(typename F::Out));
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
