// Vectors in the compiler's own types: vectors of one width halved, and several of 16 bytes folded into one.
// SPDX-License-Identifier: Apache-2.0
//
// For files of one ISA: all is in an anonymous namespace.
#ifndef SINTER_KERNELS_SIMD_LANES_H_
#define SINTER_KERNELS_SIMD_LANES_H_

#include <stdint.h>

#include <type_traits>
#include <utility>

namespace sinter {
namespace {

template <class T, int bytes>
struct Lanes {
  typedef T Vector __attribute__((vector_size(bytes)));
  typedef T Memory __attribute__((vector_size(bytes), aligned(1), may_alias));
  static constexpr int64_t count = bytes / static_cast<int>(sizeof(T));

  static Vector load(const void* p) {
    return *static_cast<const Memory*>(p);
  }
  static void store(void* p, Vector x) {
    *static_cast<Memory*>(p) = x;
  }
  static Vector all(T x) {
    return x - Vector{};
  }
};

// A whole number of T's size.
template <class T>
struct Place {
  typedef typename std::conditional<
      sizeof(T) == 8, int64_t,
      typename std::conditional<sizeof(T) == 4, int32_t,
                                typename std::conditional<sizeof(T) == 2, int16_t, int8_t>::type>::type>::type type;
};

// The halves of a vector of `bytes` as one by F::of, and theirs, until 16 bytes are left.
template <class F, class T, int bytes>
inline typename Lanes<T, 16>::Vector halved(typename Lanes<T, bytes>::Vector x) {
  if constexpr (bytes == 16) {
    return x;
  } else {
    typedef Lanes<T, bytes / 2> Half;
    const char* halves = reinterpret_cast<const char*>(&x);
    return halved<F, T, bytes / 2>(F::of(Half::load(halves), Half::load(halves + bytes / 2)));
  }
}

// Groups of `size` lanes of x and y in turns, from lane `first` on.
template <class T, int size, int first, int... lane>
inline typename Lanes<T, 16>::Vector in_turns(typename Lanes<T, 16>::Vector x, typename Lanes<T, 16>::Vector y,
                                              std::integer_sequence<int, lane...>) {
  typedef typename Place<T>::type P;
  constexpr int count = sizeof...(lane);
  const typename Lanes<P, 16>::Vector from = {
      static_cast<P>(first + lane / (2 * size) * size + lane % size + lane / size % 2 * count)...};
  return __builtin_shuffle(x, y, from);
}

// As many vectors as one has lanes: lane i of the result is all lanes of vector i. They are overwritten.
template <class F, class T, int size = 1>
inline typename Lanes<T, 16>::Vector joined(typename Lanes<T, 16>::Vector* x) {
  constexpr int count = 16 / static_cast<int>(sizeof(T));
  if constexpr (size == count) {
    return x[0];
  } else {
    typedef std::make_integer_sequence<int, count> All;
#pragma GCC unroll 8
    for (int i = 0; i < count / size / 2; i++) {
      x[i] = F::of(in_turns<T, size, 0>(x[2 * i], x[2 * i + 1], All()),
                   in_turns<T, size, count / 2>(x[2 * i], x[2 * i + 1], All()));
    }
    return joined<F, T, 2 * size>(x);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_LANES_H_
