// Functions of whole numbers that wrap around; internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_WHOLE_H_
#define SINTER_KERNELS_BINARY_WHOLE_H_

#include <stdint.h>

#include "kernels/binary/loop.h"
#include "kernels/binary/op.h"

namespace sinter {
namespace {

// Division that neither traps nor overflows. Divisors of 0 are found before (any_zero); here they give 0.
template <class T>
T quotient(T a, T b) {
  return b == 0                                    ? 0
         : b == static_cast<T>(-1) && T(-1) < T(0) ? static_cast<T>(0 - static_cast<uint64_t>(a))
                                                   : static_cast<T>(a / b);
}

template <class T>
T power(T base, T exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? T{-1} : T{1}) : T{0};
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (uint64_t e = static_cast<uint64_t>(exponent); e; e >>= 1, factor *= factor) {
    if (e & 1) result *= factor;
  }
  return static_cast<T>(result);
}

template <class T>
T floor_quotient(T a, T b) {
  const T q = quotient(a, b);
  const T r = b == 0 || b == static_cast<T>(-1) ? T{0} : static_cast<T>(a % b);
  return r != 0 && ((a < 0) != (b < 0)) ? static_cast<T>(q - 1) : q;
}

template <class T>
T floor_remainder(T a, T b) {
  const T r = b == 0 || (b == static_cast<T>(-1) && T(-1) < T(0)) ? T{0} : static_cast<T>(a % b);
  return r != 0 && ((r < 0) != (b < 0)) ? static_cast<T>(r + b) : r;
}

// A shift to the right, by at most all bits but one.
template <class T>
T shifted(T a, T b) {
  const T most = static_cast<T>(sizeof(T) * 8 - 1);
  return static_cast<T>(a >> (b < 0 ? 0 : b > most ? most : b));
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

// Functions of stored numbers of any width.
template <class T>
void stored(const Call* call) {
  switch (static_cast<const BinaryParams*>(call->params)->function) {
    case BINARY_MAX:
      return binary_loop<T, T>(call, [](T a, T b) { return a > b ? a : b; });
    case BINARY_MIN:
      return binary_loop<T, T>(call, [](T a, T b) { return a < b ? a : b; });
    case BINARY_FLOOR_DIV:
      return any_zero<T>(call, 0) ? void() : binary_loop<T, T>(call, floor_quotient<T>);
    case BINARY_FLOOR_MOD:
      return any_zero<T>(call, 0) ? void() : binary_loop<T, T>(call, floor_remainder<T>);
    case BINARY_XOR:
      return binary_loop<T, T>(call, [](T a, T b) { return static_cast<T>(a ^ b); });
    default:
      return binary_loop<T, T>(call, shifted<T>);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_WHOLE_H_
