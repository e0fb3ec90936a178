// gather: all indices are looked at first, then slices are copied.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <algorithm>

#include "core/workers.h"
#include "kernels/gather/op.h"

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

// Slices of a few bytes by one index each: no address of more than one factor, no copy of a length that is not known.
template <class T, int SLICE>
void copy(const char* from, const char* index, int64_t count, char* to) {
  for (int64_t i = 0; i < count; i++) {
    memcpy(to + i * SLICE, from + load<T>(index + i * static_cast<int64_t>(sizeof(T))) * SLICE, SLICE);
  }
}

template <class T>
auto copy_of(const GatherParams& p) -> void (*)(const char*, const char*, int64_t, char*) {
  if (p.depth != 1) return nullptr;
  switch (p.slice_bytes) {
    case 1:
      return copy<T, 1>;
    case 2:
      return copy<T, 2>;
    case 4:
      return copy<T, 4>;
    case 8:
      return copy<T, 8>;
    default:
      return nullptr;
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
  for (int64_t i = 0; i < vectors && p.depth > 0; i++) {
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
  const auto small = copy_of<T>(p);
  parallel_for(call->workers, planes * groups, [&](int64_t task, int) {
    const int64_t plane = task / groups, first = task % groups * group, batch = plane / p.outer;
    const char* from = in + plane * slices * p.slice_bytes;
    char* to = out + (plane * p.positions + first) * p.slice_bytes;
    if (small) {
      small(from, index + (batch * p.positions + first) * vector, std::min(group, p.positions - first), to);
      return;
    }
    for (int64_t i = first; i < first + group && i < p.positions; i++, to += p.slice_bytes) {
      Fault none;
      const int64_t at = place<T>(p, index + (batch * p.positions + i) * vector, &none);
      memcpy(to, from + at * p.slice_bytes, static_cast<size_t>(p.slice_bytes));
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
