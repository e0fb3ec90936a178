// scatter_nd: all indices are looked at, then slices are added in their order, which is what floats round by: threads
// share the elements of slices, if anything. SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves the additions scalar
#endif

#include <string.h>

#include "core/workers.h"
#include "kernels/gather/places.h"
#include "kernels/scatter_nd/op.h"

namespace sinter {
namespace {

// add(out, update): what the sum is.
template <class T, class Add>
void run(const Call* call, const Add& add) {
  typedef T A __attribute__((aligned(1), may_alias));
  const ScatterNdParams& p = *static_cast<const ScatterNdParams*>(call->params);
  const char* index = static_cast<const char*>(call->slots[SCATTER_INDEX]);
  if (!all_inside<int32_t>(&p.d0, p.depth, index, p.count)) {
    if (call->fault) *call->fault = first_outside<int32_t>(&p.d0, p.depth, index);
    return;
  }
  int64_t slices = 1;
  for (int k = 0; k < SCATTER_DEPTH; k++) slices *= (&p.d0)[k];
  memset(call->slots[SCATTER_OUT], 0, static_cast<size_t>(slices * p.slice) * sizeof(T));
  // Parts of slices that threads take; 4096 elements are added faster than they are handed out.
  const int64_t part = fair_rows(p.slice, p.slice > 4096 ? 4096 : p.slice + 1, 16, call->workers->threads);
  parallel_for(call->workers, (p.slice + part - 1) / part, [&](int64_t task, int) {
    const int64_t first = task * part, n = p.slice - first < part ? p.slice - first : part;
    for (int64_t i = 0; i < p.count; i++) {
      const A* update = static_cast<const A*>(call->slots[SCATTER_UPDATE]) + i * p.slice + first;
      A* out = static_cast<A*>(call->slots[SCATTER_OUT]) +
               place<int32_t>(&p.d0, p.depth, index + i * p.depth * 4) * p.slice + first;
      for (int64_t k = 0; k < n; k++) out[k] = add(out[k], update[k]);
    }
  });
}

// Of a whole number without a sign, which wraps around.
template <class T>
void sums(const Call* call) {
  run<T>(call, [](T a, T b) { return static_cast<T>(a + b); });
}

}  // namespace

void scatter_nd_f32_reference(const Call* call) {
  sums<float>(call);
}
void scatter_nd_s32_reference(const Call* call) {
  sums<uint32_t>(call);
}
void scatter_nd_s64_reference(const Call* call) {
  sums<uint64_t>(call);
}
void scatter_nd_s8_reference(const Call* call) {
  sums<uint8_t>(call);
}
void scatter_nd_u8_reference(const Call* call) {
  sums<uint8_t>(call);
}
void scatter_nd_bool_reference(const Call* call) {
  run<uint8_t>(call, [](uint8_t a, uint8_t b) { return static_cast<uint8_t>(a | b); });
}

}  // namespace sinter
