// gather: all indices are looked at first, then slices are copied.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves the comparisons scalar
#endif

#include <string.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/workers.h"
#include "kernels/gather/op.h"
#include "kernels/simd/moves.h"

namespace sinter {
namespace {

template <class T>
int64_t load(const char* at) {
  T value;
  memcpy(&value, at, sizeof value);
  return value;
}

// The position of a slice among those of its batch and outer index; sets a fault when there is none.
template <class T>
int64_t place(const GatherParams& p, const char* index, Fault* fault) {
  int64_t at = 0;
  for (int k = 0; k < p.depth; k++) {
    const int64_t value = load<T>(index + k * static_cast<int64_t>(sizeof(T)));
    if (value < 0 || value >= (&p.d0)[k]) {
      *fault = {"index", value, (&p.d0)[k]};
      return -1;
    }
    at = at * (&p.d0)[k] + value;
  }
  return at;
}

// Whether all are places of one dimension: without a way out in between, so that vectors are compared.
template <class T>
bool all_inside(const char* index, int64_t count, int64_t limit) {
  typedef typename std::make_unsigned<T>::type U;
  constexpr U most = static_cast<U>(std::numeric_limits<T>::max());
  const U bound = limit > static_cast<int64_t>(most) ? static_cast<U>(most + 1) : static_cast<U>(limit);
  U outside = 0;
  for (int64_t i = 0; i < count; i++) {
    U value;
    memcpy(&value, index + i * static_cast<int64_t>(sizeof value), sizeof value);
    outside |= static_cast<U>(value >= bound);
  }
  return outside == 0;
}

// Slices by one index each: no address of more than one factor, and of a few bytes no length that is not known.
template <class T, class Move>
void copy(const char* from, const char* index, int64_t count, char* to, int64_t bytes, const Move& slice) {
  for (int64_t i = 0; i < count; i++, to += bytes) {
    slice(to, from + load<T>(index + i * static_cast<int64_t>(sizeof(T))) * bytes);
  }
}

template <class T>
void copy_each(const char* from, const char* index, int64_t count, char* to, int64_t bytes) {
  switch (bytes) {
    case 1:
      return copy<T>(from, index, count, to, 1, [](char* o, const char* i) { move<1>(o, i); });
    case 2:
      return copy<T>(from, index, count, to, 2, [](char* o, const char* i) { move<2>(o, i); });
    case 4:
      return copy<T>(from, index, count, to, 4, [](char* o, const char* i) { move<4>(o, i); });
    case 8:
      return copy<T>(from, index, count, to, 8, [](char* o, const char* i) { move<8>(o, i); });
    default:
      return copy<T>(from, index, count, to, bytes, [=](char* o, const char* i) { copy_run(o, i, bytes); });
  }
}

template <class T>
void run(const Call* call) {
  const GatherParams& p = *static_cast<const GatherParams*>(call->params);
  const char* in = static_cast<const char*>(call->slots[GATHER_IN]);
  const char* index = static_cast<const char*>(call->slots[GATHER_INDEX]);
  char* out = static_cast<char*>(call->slots[GATHER_OUT]);
  const int64_t vector = p.depth * static_cast<int64_t>(sizeof(T));
  Fault fault = {nullptr, 0, 0};
  const int64_t vectors = int64_t{p.batch} * p.positions;
  const bool checked = p.depth == 0 || (p.depth == 1 && all_inside<T>(index, vectors, p.d0));
  for (int64_t i = 0; i < vectors && !checked; i++) {
    if (place<T>(p, index + i * vector, &fault) < 0) {
      if (call->fault) *call->fault = fault;
      return;
    }
  }
  if (p.slice_bytes == 0 || p.positions == 0) return;
  int64_t slices = 1;
  for (int k = 0; k < GATHER_DEPTH; k++) slices *= (&p.d0)[k];
  const int64_t planes = int64_t{p.batch} * p.outer;
  const int64_t group = 65536 / p.slice_bytes + 1;  // less is copied faster than it is handed out
  const int64_t groups = (p.positions + group - 1) / group;
  parallel_for(call->workers, planes * groups, [&](int64_t task, int) {
    const int64_t plane = task / groups, first = task % groups * group, batch = plane / p.outer;
    const char* from = in + plane * slices * p.slice_bytes;
    char* to = out + (plane * p.positions + first) * p.slice_bytes;
    if (p.depth == 1) {
      const int64_t count = std::min(group, p.positions - first);
      copy_each<T>(from, index + (batch * p.positions + first) * vector, count, to, p.slice_bytes);
      return;
    }
    for (int64_t i = first; i < first + group && i < p.positions; i++, to += p.slice_bytes) {
      Fault none;
      const int64_t at = place<T>(p, index + (batch * p.positions + i) * vector, &none);
      copy_run(to, from + at * p.slice_bytes, p.slice_bytes);
    }
  });
}

}  // namespace

void gather_u8s16_reference(const Call* call) {
  run<int16_t>(call);
}

void gather_u8s32_reference(const Call* call) {
  run<int32_t>(call);
}

void gather_u8s64_reference(const Call* call) {
  run<int64_t>(call);
}

}  // namespace sinter
