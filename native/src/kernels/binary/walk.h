// How the vector rows of binary walk two broadcast tensors: row by row, neighbouring dimensions joined. Internal
// linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_BINARY_WALK_H_
#define SINTER_KERNELS_BINARY_WALK_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/binary/op.h"

namespace sinter {
namespace {

// The dimensions, those joined that both operands walk through in one go.
struct Walk {
  int64_t d[BINARY_RANK], a[BINARY_RANK], b[BINARY_RANK];

  explicit Walk(const BinaryParams& p) {
    int to = BINARY_RANK - 1;
    for (int k = BINARY_RANK - 1; k >= 0; k--) {
      const int64_t size = (&p.d0)[k], in_a = (&p.a_stride0)[k], in_b = (&p.b_stride0)[k];
      if (k < BINARY_RANK - 1 && size == 1) continue;
      if (k == BINARY_RANK - 1) {
        d[to] = size, a[to] = in_a, b[to] = in_b;
      } else if (in_a == a[to] * d[to] && in_b == b[to] * d[to]) {
        d[to] *= size;
      } else {
        to--;
        d[to] = size, a[to] = in_a, b[to] = in_b;
      }
    }
    while (--to >= 0) d[to] = 1, a[to] = b[to] = 0;
  }
};

// row(a, b, out, from, to) for each row of the last dimension, or part of a long one; the pointers are those of its
// first element.
template <class T, class Row>
void walk_rows(const Call* call, const Walk& w, const Row& row_fn) {
  const T* a = static_cast<const T*>(call->slots[BINARY_A]);
  const T* b = static_cast<const T*>(call->slots[BINARY_B]);
  T* out = static_cast<T*>(call->slots[BINARY_OUT]);
  int64_t rows = 1;
  for (int k = 0; k < BINARY_RANK - 1; k++) rows *= w.d[k];
  const int64_t n = w.d[BINARY_RANK - 1];
  if (rows == 0 || n == 0) return;
  // A task is up to some 16 K elements: whole rows, or parts of a long one.
  const int64_t part = n > 4096 ? fair_rows(n, 16384, 64, call->workers->threads) : n;
  const int64_t parts = (n + part - 1) / part;
  const int64_t group = fair_rows(rows, 16384 / n + 1, 1, call->workers->threads);
  const int64_t groups = (rows + group - 1) / group;
  parallel_for(call->workers, groups * parts, [&](int64_t task, int) {
    const int64_t index = task % parts, first = task / parts * group;
    const int64_t from = index * part, to = from + part < n ? from + part : n;
    const int64_t last = first + group < rows ? first + group : rows;
    int64_t at[BINARY_RANK - 1], at_a = 0, at_b = 0, rest = first;
    for (int k = BINARY_RANK - 2; k >= 0; k--) {
      at[k] = rest % w.d[k];
      rest /= w.d[k];
      at_a += at[k] * w.a[k];
      at_b += at[k] * w.b[k];
    }
    for (int64_t row = first; row < last; row++) {
      row_fn(a + at_a, b + at_b, out + row * n, from, to);
      for (int k = BINARY_RANK - 2; k >= 0; k--) {  // the next row
        at_a += w.a[k];
        at_b += w.b[k];
        if (++at[k] < w.d[k]) break;
        at[k] = 0;
        at_a -= w.d[k] * w.a[k];
        at_b -= w.d[k] * w.b[k];
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_WALK_H_
