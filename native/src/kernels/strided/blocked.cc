// strided: whole runs where both sides are contiguous, blocks of a transpose where they cross.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/strided/op.h"

namespace sinter {
namespace {

struct Plane {  // the two innermost dimensions: rows x columns
  int64_t rows, columns, in_row, in_column, out_row, out_column;
};

// A block that fits the cache on both sides: one of them is read or written across its rows.
enum { BLOCK = 32 };

template <class Aligned>
void plane(const void* source, void* target, const Plane& p) {
  typedef Aligned T __attribute__((aligned(1), may_alias));
  const T* in = static_cast<const T*>(source);
  T* out = static_cast<T*>(target);
  if (p.in_column == 1 && p.out_column == 1) {
    for (int64_t r = 0; r < p.rows; r++) {
      memcpy(out + r * p.out_row, in + r * p.in_row, static_cast<size_t>(p.columns) * sizeof(T));
    }
    return;
  }
  if (p.in_column == 0 && p.out_column == 1) {
    for (int64_t r = 0; r < p.rows; r++) {
      const T value = in[r * p.in_row];
      T* to = out + r * p.out_row;
      for (int64_t c = 0; c < p.columns; c++) to[c] = value;
    }
    return;
  }
  for (int64_t r0 = 0; r0 < p.rows; r0 += BLOCK) {
    const int64_t r1 = r0 + BLOCK < p.rows ? r0 + BLOCK : p.rows;
    for (int64_t c0 = 0; c0 < p.columns; c0 += BLOCK) {
      const int64_t c1 = c0 + BLOCK < p.columns ? c0 + BLOCK : p.columns;
      for (int64_t r = r0; r < r1; r++) {
        const T* from = in + r * p.in_row;
        T* to = out + r * p.out_row;
        for (int64_t c = c0; c < c1; c++) to[c * p.out_column] = from[c * p.in_column];
      }
    }
  }
}

// The dimensions before the last two, flattened and shared among the threads.
template <class Aligned>
void run(const Call* call) {
  typedef Aligned T __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
  const StridedParams& p = *static_cast<const StridedParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[STRIDED_IN]) + p.in_offset;
  T* out = static_cast<T*>(call->slots[STRIDED_OUT]) + p.out_offset;
  const int32_t* d = &p.d0;
  int64_t planes = 1;
  for (int k = 0; k < STRIDED_RANK - 2; k++) planes *= d[k];
  if (planes == 0 || p.d6 == 0 || p.d7 == 0) return;
  Plane inner = {p.d6, p.d7, p.in_stride6, p.in_stride7, p.out_stride6, p.out_stride7};
  int64_t chunks = 1;
  // Few planes: rows are shared instead.
  if (call->workers->threads > 1 && planes < call->workers->threads && inner.rows * inner.columns > 65536) {
    chunks = call->workers->threads;
    if (chunks > inner.rows) chunks = inner.rows;
  }
  // Less than some 32 K elements are moved faster than they are handed out, unless they lie in several caches.
  const int64_t group = fair_rows(planes, 32768 / (inner.rows * inner.columns) + 1, 1, call->workers->threads);
  const int64_t groups = (planes + group - 1) / group;
  parallel_for(call->workers, groups * chunks, [&](int64_t task, int) {
    const int64_t chunk = task % chunks, first = task / chunks * group;
    const int64_t r0 = inner.rows * chunk / chunks, r1 = inner.rows * (chunk + 1) / chunks;
    Plane part = inner;
    part.rows = r1 - r0;
    for (int64_t i = first; i < first + group && i < planes; i++) {
      int64_t rest = i, from = r0 * part.in_row, to = r0 * part.out_row;
      for (int k = STRIDED_RANK - 3; k >= 0; k--) {
        const int64_t at = rest % d[k];
        rest /= d[k];
        from += at * (&p.in_stride0)[k];
        to += at * (&p.out_stride0)[k];
      }
      plane<Aligned>(in + from, out + to, part);
    }
  });
}

}  // namespace

void strided_u8_blocked(const Call* call) {
  switch (static_cast<const StridedParams*>(call->params)->element_bytes) {
    case 1:
      return run<uint8_t>(call);
    case 2:
      return run<uint16_t>(call);
    case 4:
      return run<uint32_t>(call);
    default:
      return run<uint64_t>(call);
  }
}

}  // namespace sinter
