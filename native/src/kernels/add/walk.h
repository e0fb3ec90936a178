// Walks the rows (the innermost dimension) of a broadcast sum, one or several threads.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_ADD_WALK_H_
#define SINTER_KERNELS_ADD_WALK_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/add/op.h"

namespace sinter {

// Where a row begins in a and b, and its index in the dimensions before the last. It is counted on from row to row:
// divisions would take longer than short rows do.
struct AddPlace {
  int64_t a, b, index[5];

  AddPlace(const AddParams& p, int64_t row) : a(0), b(0) {
    for (int k = 4; k >= 0; k--) {
      index[k] = row % (&p.d0)[k];
      row /= (&p.d0)[k];
      a += index[k] * (&p.a_stride0)[k];
      b += index[k] * (&p.b_stride0)[k];
    }
  }
  void next(const AddParams& p) {
    for (int k = 4; k >= 0; k--) {
      a += (&p.a_stride0)[k];
      b += (&p.b_stride0)[k];
      if (++index[k] < (&p.d0)[k]) return;
      a -= index[k] * (&p.a_stride0)[k];
      b -= index[k] * (&p.b_stride0)[k];
      index[k] = 0;
    }
  }
};

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
      const AddPlace at(p, task / pieces);
      row(at.a + from * p.a_stride5, at.b + from * p.b_stride5, task / pieces * p.d5 + from,
          p.d5 - from < chunk ? p.d5 - from : chunk);
    });
    return;
  }
  // Short rows: several to a task, so the place is found once and then counted on.
  const int64_t group = fair_rows(rows, 16384 / p.d5, 1, workers->threads);
  parallel_for(workers, (rows + group - 1) / group, [&](int64_t task, int) {
    const int64_t end = (task + 1) * group < rows ? (task + 1) * group : rows;
    AddPlace at(p, task * group);
    for (int64_t r = task * group; r < end; r++, at.next(p)) {
      row(at.a, at.b, r * p.d5, static_cast<int64_t>(p.d5));
    }
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_ADD_WALK_H_
