// strided in planes of the two innermost dimensions: whole runs where both sides are contiguous, blocks where they
// cross. Internal linkage: ISA files include it. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_STRIDED_DRIVE_H_
#define SINTER_KERNELS_STRIDED_DRIVE_H_

#include <string.h>

#include <initializer_list>

#include "core/workers.h"
#include "kernels/strided/op.h"
#include "kernels/strided/runs.h"

namespace sinter {
namespace {

struct Plane {  // the two innermost dimensions: rows x columns
  int64_t rows, columns, in_row, in_column, out_row, out_column;
};
struct Layers {  // planes at equal distances
  int64_t count, in, out;
};

// A block that fits the cache on both sides: one of them is read or written across its rows.
enum { BLOCK = 32 };

// Cross::turn(in, out, plane): whether it has moved a plane of which one side is contiguous along its rows, the other
// one along its columns. Cross::reverse(in, out, plane): whether it has moved one whose rows are read backwards.
template <class Aligned, class Cross>
void plane(const void* source, void* target, const Plane& p) {
  typedef Aligned T __attribute__((aligned(1), may_alias));
  const T* in = static_cast<const T*>(source);
  T* out = static_cast<T*>(target);
  if (p.in_column == 0 && p.out_column == 1) {
    for (int64_t r = 0; r < p.rows; r++) {
      const Aligned value = in[r * p.in_row];
      fill_run(reinterpret_cast<char*>(out + r * p.out_row), value, p.columns);
    }
    return;
  }
  if (p.in_column == -1 && p.out_column == 1 && Cross::reverse(in, out, p)) return;
  if (Cross::turn(in, out, p)) return;
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

// Short runs of bytes are copied in one pair of loops: what comes before a plane takes longer than a few of them.
template <class Aligned, class Cross>
void planes_of(const Aligned* in, Aligned* out, const Plane& p, const Layers& l) {
  constexpr int64_t bytes = sizeof(Aligned);
  if (p.in_column == 1 && p.out_column == 1) {
    copy_rows(reinterpret_cast<const char*>(in), reinterpret_cast<char*>(out),
              {l.count, l.in * bytes, l.out * bytes, p.rows, p.in_row * bytes, p.out_row * bytes, p.columns * bytes});
    return;
  }
  for (int64_t i = 0; i < l.count; i++) plane<Aligned, Cross>(in + i * l.in, out + i * l.out, p);
}

// Where a dimension outside of the last two is the one that the input has side by side, it becomes the rows of planes,
// which then are turned in squares: the order of all but the last, the output's rows, is free.
inline void bring_rows_inside(StridedParams* p) {
  constexpr int row = STRIDED_RANK - 2;
  if (p->out_stride7 != 1 || p->in_stride7 == 1 || p->in_stride6 == 1) return;
  for (int k = row - 1; k >= 0; k--) {
    if ((&p->in_stride0)[k] != 1 || (&p->d0)[k] == 1) continue;
    for (int32_t* of : {&p->d0, &p->in_stride0, &p->out_stride0}) {
      const int32_t inside = of[k];
      of[k] = of[row];
      of[row] = inside;
    }
    return;
  }
}

// The dimensions before the last two, flattened and shared among the threads.
template <class Aligned, class Cross>
void run(const Call* call) {
  typedef Aligned T __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
  StridedParams p = *static_cast<const StridedParams*>(call->params);
  bring_rows_inside(&p);
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
    // Counted like the digits of a number: divisions for each plane would take longer than small planes do.
    int64_t at[STRIDED_RANK - 2], from = r0 * part.in_row, to = r0 * part.out_row;
    for (int64_t k = STRIDED_RANK - 3, rest = first; k >= 0; k--) {
      at[k] = rest % d[k];
      rest /= d[k];
      from += at[k] * (&p.in_stride0)[k];
      to += at[k] * (&p.out_stride0)[k];
    }
    const int64_t end = first + group < planes ? first + group : planes;
    constexpr int last = STRIDED_RANK - 3;
    for (int64_t i = first; i < end;) {
      const int64_t row = d[last] - at[last], count = row < end - i ? row : end - i;
      planes_of<Aligned, Cross>(in + from, out + to, part, {count, p.in_stride5, p.out_stride5});
      i += count;
      int64_t steps = count;
      for (int k = last; k >= 0; k--, steps = 1) {
        from += steps * (&p.in_stride0)[k];
        to += steps * (&p.out_stride0)[k];
        at[k] += steps;
        if (at[k] < d[k]) break;
        from -= at[k] * (&p.in_stride0)[k];
        to -= at[k] * (&p.out_stride0)[k];
        at[k] = 0;
      }
    }
  });
}

template <class Cross>
void run_any(const Call* call) {
  switch (static_cast<const StridedParams*>(call->params)->element_bytes) {
    case 1:
      return run<uint8_t, Cross>(call);
    case 2:
      return run<uint16_t, Cross>(call);
    case 4:
      return run<uint32_t, Cross>(call);
    default:
      return run<uint64_t, Cross>(call);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_STRIDED_DRIVE_H_
