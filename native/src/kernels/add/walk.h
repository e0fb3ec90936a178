// Walks the rows (the innermost dimension) of a broadcast sum, one or several threads.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_ADD_WALK_H_
#define SINTER_KERNELS_ADD_WALK_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/add/op.h"

namespace sinter {

// Where row r begins in a and b, and its index in dimension 4.
struct AddPlace {
  int64_t a, b;
  int32_t i4;
};

static inline AddPlace add_place(const AddParams& p, int64_t r) {
  const int64_t i4 = r % p.d4, r3 = r / p.d4, i3 = r3 % p.d3, r2 = r3 / p.d3, i2 = r2 % p.d2, r1 = r2 / p.d2,
                i1 = r1 % p.d1, i0 = r1 / p.d1;
  return {i0 * p.a_stride0 + i1 * p.a_stride1 + i2 * p.a_stride2 + i3 * p.a_stride3 + i4 * p.a_stride4,
          i0 * p.b_stride0 + i1 * p.b_stride1 + i2 * p.b_stride2 + i3 * p.b_stride3 + i4 * p.b_stride4,
          static_cast<int32_t>(i4)};
}

// Calls row(a offset, b offset, out offset, count) for runs of the innermost dimension; offsets count elements. The
// strides within a run are p.a_stride5 and p.b_stride5. Long runs are cut so that threads share them.
template <class Row>
static inline void add_walk(const AddParams& p, Workers* workers, const Row& row) {
  const int64_t chunk = fair_rows(p.d5, 16384, 64, workers->threads);
  const int64_t pieces = p.d5 > 4096 ? (p.d5 + chunk - 1) / chunk : 1;
  const int64_t rows = static_cast<int64_t>(p.d0) * p.d1 * p.d2 * p.d3 * p.d4;
  if (rows == 0 || p.d5 == 0) return;
  if (pieces > 1) {
    parallel_for(workers, rows * pieces, [&](int64_t task, int) {
      const int64_t from = task % pieces * chunk;
      const AddPlace at = add_place(p, task / pieces);
      row(at.a + from * p.a_stride5, at.b + from * p.b_stride5, task / pieces * p.d5 + from,
          p.d5 - from < chunk ? p.d5 - from : chunk);
    });
    return;
  }
  // Short rows: several to a task, so the place is found once and then counted on.
  const int64_t group = fair_rows(rows, 16384 / p.d5, 1, workers->threads);
  parallel_for(workers, (rows + group - 1) / group, [&](int64_t task, int) {
    const int64_t end = (task + 1) * group < rows ? (task + 1) * group : rows;
    AddPlace at = add_place(p, task * group);
    for (int64_t r = task * group; r < end; r++) {
      row(at.a, at.b, r * p.d5, static_cast<int64_t>(p.d5));
      if (++at.i4 < p.d4) {
        at.a += p.a_stride4;
        at.b += p.b_stride4;
      } else {
        at = add_place(p, r + 1);
      }
    }
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_ADD_WALK_H_
