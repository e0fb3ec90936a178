// How rows of binary walk two broadcast tensors: row by row, neighbouring dimensions joined. Internal
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

// block(a, b, out, rows, from, to) for blocks of neighbouring rows, whose operands lie a[BINARY_RANK - 2] and
// b[BINARY_RANK - 2] apart; of each row the columns [from, to). The pointers are those of the first row's first
// element. Elements take so many bytes.
template <class Block>
void walk_bytes(const Call* call, const Walk& w, int64_t in_bytes, int64_t out_bytes, const Block& block) {
  const char* a = static_cast<const char*>(call->slots[BINARY_A]);
  const char* b = static_cast<const char*>(call->slots[BINARY_B]);
  char* out = static_cast<char*>(call->slots[BINARY_OUT]);
  int64_t rows = 1;
  for (int k = 0; k < BINARY_RANK - 1; k++) rows *= w.d[k];
  const int64_t n = w.d[BINARY_RANK - 1], inner = w.d[BINARY_RANK - 2];
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
    for (int64_t row = first; row < last;) {
      const int64_t begun = row % inner, left = inner - begun, count = last - row < left ? last - row : left;
      int64_t rest = row / inner, at_a = begun * w.a[BINARY_RANK - 2], at_b = begun * w.b[BINARY_RANK - 2];
      for (int k = BINARY_RANK - 3; k >= 0 && rest > 0; k--) {
        at_a += rest % w.d[k] * w.a[k];
        at_b += rest % w.d[k] * w.b[k];
        rest /= w.d[k];
      }
      block(a + at_a * in_bytes, b + at_b * in_bytes, out + row * n * out_bytes, count, from, to);
      row += count;
    }
  });
}

// The same for elements of one type.
template <class T, class Block>
void walk_blocks(const Call* call, const Walk& w, const Block& block) {
  walk_bytes(call, w, sizeof(T), sizeof(T),
             [&](const char* a, const char* b, char* out, int64_t rows, int64_t from, int64_t to) {
               block(reinterpret_cast<const T*>(a), reinterpret_cast<const T*>(b), reinterpret_cast<T*>(out), rows,
                     from, to);
             });
}

// row(a, b, out, from, to) for each row of the last dimension, or part of a long one; the pointers are those of its
// first element.
template <class T, class Row>
void walk_rows(const Call* call, const Walk& w, const Row& row_fn) {
  const int64_t n = w.d[BINARY_RANK - 1], step_a = w.a[BINARY_RANK - 2], step_b = w.b[BINARY_RANK - 2];
  walk_blocks<T>(call, w, [&](const T* a, const T* b, T* out, int64_t rows, int64_t from, int64_t to) {
    for (int64_t row = 0; row < rows; row++) row_fn(a + row * step_a, b + row * step_b, out + row * n, from, to);
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BINARY_WALK_H_
