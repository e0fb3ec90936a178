// gather: all indices are looked at first, then slices are copied.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves the comparisons scalar
#endif

#include <algorithm>

#include "core/workers.h"
#include "kernels/gather/op.h"
#include "kernels/gather/places.h"
#include "kernels/simd/moves.h"

namespace sinter {
namespace {

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
  const int64_t vectors = int64_t{p.batch} * p.positions;
  if (!all_inside<T>(&p.d0, p.depth, index, vectors)) {
    if (call->fault) *call->fault = first_outside<T>(&p.d0, p.depth, index);
    return;
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
      const int64_t at = place<T>(&p.d0, p.depth, index + (batch * p.positions + i) * vector);
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
