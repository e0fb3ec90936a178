// one_hot: all of the output is `off` first, then each index puts its `on`.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gather/places.h"
#include "kernels/one_hot/op.h"
#include "kernels/simd/moves.h"

namespace sinter {
namespace {

// T: a whole number of an element's size.
template <class Index, class T>
void run(const Call* call) {
  typedef T A __attribute__((aligned(1), may_alias));
  const OneHotParams& p = *static_cast<const OneHotParams*>(call->params);
  const char* index = static_cast<const char*>(call->slots[ONE_HOT_INDEX]);
  const T on = *static_cast<const A*>(call->slots[ONE_HOT_ON]), off = *static_cast<const A*>(call->slots[ONE_HOT_OFF]);
  const int64_t inner = p.inner, plane = p.depth * inner;
  if (plane == 0) return;
  const int64_t group = fair_rows(p.outer, 65536 / plane + 1, 1, call->workers->threads);
  parallel_for(call->workers, (p.outer + group - 1) / group, [&](int64_t task, int) {
    const int64_t first = task * group, planes = p.outer - first < group ? p.outer - first : group;
    A* out = static_cast<A*>(call->slots[ONE_HOT_OUT]) + first * plane;
    fill_run(reinterpret_cast<char*>(out), off, planes * plane);
    for (int64_t o = 0; o < planes; o++, out += plane) {
      for (int64_t i = 0; i < inner; i++) {
        const int64_t at = load<Index>(index + ((first + o) * inner + i) * static_cast<int64_t>(sizeof(Index)));
        if (at >= 0 && at < p.depth) out[at * inner + i] = on;
      }
    }
  });
}

template <class Index>
void any(const Call* call) {
  switch (static_cast<const OneHotParams*>(call->params)->element_bytes) {
    case 1:
      return run<Index, uint8_t>(call);
    case 2:
      return run<Index, uint16_t>(call);
    case 4:
      return run<Index, uint32_t>(call);
    default:
      return run<Index, uint64_t>(call);
  }
}

}  // namespace

void one_hot_s32_reference(const Call* call) {
  any<int32_t>(call);
}

void one_hot_s64_reference(const Call* call) {
  any<int64_t>(call);
}

}  // namespace sinter
