// Where index vectors point to, and whether that is inside. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GATHER_PLACES_H_
#define SINTER_KERNELS_GATHER_PLACES_H_

#include <stdint.h>
#include <string.h>

#include <limits>
#include <type_traits>

#include "core/row.h"

namespace sinter {
namespace {

template <class T>
int64_t load(const char* at) {
  T value;
  memcpy(&value, at, sizeof value);
  return value;
}

// The place of a slice among those of dimensions d, of `depth` coordinates that are inside.
template <class T>
int64_t place(const int32_t* d, int32_t depth, const char* index) {
  int64_t at = 0;
  for (int32_t k = 0; k < depth; k++) at = at * d[k] + load<T>(index + k * static_cast<int64_t>(sizeof(T)));
  return at;
}

// Whether all `count` vectors of coordinates are inside: without a way out in between, so that the compiler may compare
// several at a time.
template <class T>
bool all_inside(const int32_t* d, int32_t depth, const char* index, int64_t count) {
  typedef typename std::make_unsigned<T>::type U;
  constexpr U most = static_cast<U>(std::numeric_limits<T>::max());
  const int64_t vector = depth * static_cast<int64_t>(sizeof(T));
  U outside = 0;
  for (int32_t k = 0; k < depth; k++, index += sizeof(T)) {
    const U bound = d[k] > static_cast<int64_t>(most) ? static_cast<U>(most + 1) : static_cast<U>(d[k]);
    for (int64_t i = 0; i < count; i++) {
      outside |= static_cast<U>(static_cast<U>(load<T>(index + i * vector)) >= bound);
    }
  }
  return outside == 0;
}

// The first coordinate outside of its dimension; there is one.
template <class T>
Fault first_outside(const int32_t* d, int32_t depth, const char* index) {
  for (int32_t k = 0;; k = k + 1 < depth ? k + 1 : 0, index += sizeof(T)) {
    const int64_t value = load<T>(index);
    if (value < 0 || value >= d[k]) return {"index", value, d[k]};
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GATHER_PLACES_H_
