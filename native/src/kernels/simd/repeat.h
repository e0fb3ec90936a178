// Unrolled loops over registers: f(0) .. f(N - 1), each with its argument as a constant. For ISA files; internal
// linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SIMD_REPEAT_H_
#define SINTER_KERNELS_SIMD_REPEAT_H_

#include <type_traits>
#include <utility>

#if defined(SINTER_EMULATED)
#define SINTER_UNROLLED inline  // emulated instructions are long: inlined, they take minutes to build
#define SINTER_UNROLLED_LAMBDA
#else
#define SINTER_UNROLLED inline __attribute__((always_inline))
#define SINTER_UNROLLED_LAMBDA __attribute__((always_inline))
#endif

namespace sinter {
namespace {

template <int N>
struct Constant {
  static constexpr int value = N;
  constexpr operator int() const {
    return N;
  }
};

// The value of a Constant that a lambda captured: constant_of<decltype(name)>().
template <class C>
constexpr int constant_of() {
  return std::remove_reference_t<C>::value;
}

// One function with all calls: of a chain of N, each with one, inlining copies some N * N / 2.
template <class F, int... I>
SINTER_UNROLLED void repeat_each(const F& f, std::integer_sequence<int, I...>) {
  (f(Constant<I>()), ...);
}
template <int N, class F>
SINTER_UNROLLED void repeat(const F& f) {
  repeat_each(f, std::make_integer_sequence<int, N>());
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_REPEAT_H_
