// Functions of whole numbers that wrap around; internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_WHOLE_H_
#define SINTER_KERNELS_BINARY_WHOLE_H_

#include <stdint.h>

#include <type_traits>

#include "core/host_device.h"

namespace sinter {
namespace {

// Of unsigned numbers too.
template <class T>
SINTER_HOST_DEVICE bool below_zero(T x) {
  if constexpr (static_cast<T>(-1) < static_cast<T>(0)) return x < 0;
  return false;
}

// Whether T is divided by doubles, of which vectors divide several: a quotient of 32 bits is a whole number or at least
// 2^-31 of itself away from one, which 53 bits tell apart.
template <class T>
SINTER_HOST_DEVICE constexpr bool by_doubles() {
#if defined(__CUDA_ARCH__)
  return false;
#else
  return std::is_same<T, int32_t>::value;
#endif
}
// By 1 instead of what gives nothing, or overflows to the dividend itself.
SINTER_HOST_DEVICE inline int32_t harmless(int32_t a, int32_t b) {
  return b == 0 || (b == -1 && a == INT32_MIN) ? 1 : b;
}

// Division that neither traps nor overflows. Divisors of 0 are faults, found elsewhere; here they give 0.
template <class T>
SINTER_HOST_DEVICE T quotient(T a, T b) {
  if constexpr (by_doubles<T>()) {
    const T q = static_cast<T>(static_cast<double>(a) / static_cast<double>(harmless(a, b)));
    return b == 0 ? 0 : q;
  }
  return b == 0                                    ? 0
         : b == static_cast<T>(-1) && T(-1) < T(0) ? static_cast<T>(0 - static_cast<uint64_t>(a))
                                                   : static_cast<T>(a / b);
}

template <class T>
SINTER_HOST_DEVICE T power(T base, T exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? T{-1} : T{1}) : T{0};
  uint64_t result = 1, factor = static_cast<uint64_t>(base);
  for (uint64_t e = static_cast<uint64_t>(exponent); e; e >>= 1, factor *= factor) {
    if (e & 1) result *= factor;
  }
  return static_cast<T>(result);
}

template <class T>
SINTER_HOST_DEVICE T floor_quotient(T a, T b) {
  if constexpr (by_doubles<T>()) {
    const double exact = static_cast<double>(a) / static_cast<double>(harmless(a, b));
    const T q = static_cast<T>(exact);
    return b == 0 ? 0 : static_cast<double>(q) > exact ? q - 1 : q;
  }
  const T q = quotient(a, b);
  const T r = b == 0 || b == static_cast<T>(-1) ? T{0} : static_cast<T>(a % b);
  return r != 0 && (below_zero(a) != below_zero(b)) ? static_cast<T>(q - 1) : q;
}

template <class T>
SINTER_HOST_DEVICE T floor_remainder(T a, T b) {
  if constexpr (by_doubles<T>()) {
    const uint32_t whole = static_cast<uint32_t>(floor_quotient(a, b)) * static_cast<uint32_t>(b);
    return b == 0 ? 0 : static_cast<T>(static_cast<uint32_t>(a) - whole);
  }
  const T r = b == 0 || (b == static_cast<T>(-1) && T(-1) < T(0)) ? T{0} : static_cast<T>(a % b);
  return r != 0 && (below_zero(r) != below_zero(b)) ? static_cast<T>(r + b) : r;
}

// A shift to the right, by at most all bits but one.
template <class T>
SINTER_HOST_DEVICE T shifted(T a, T b) {
  const T most = static_cast<T>(sizeof(T) * 8 - 1);
  return static_cast<T>(a >> (below_zero(b) ? 0 : b > most ? most : b));
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_WHOLE_H_
