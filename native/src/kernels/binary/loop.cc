// The walk of binary's portable functions over two broadcast tensors.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves the copies scalar
#endif

#include "kernels/binary/loop.h"

#include <stdint.h>

#include "core/workers.h"
#include "kernels/binary/walk.h"

namespace sinter {
namespace {

constexpr int64_t COPIED = 512;  // elements at a time, most of 8 bytes: they stay in the first-level cache

// rows x columns elements to `to`, side by side; steps in elements.
template <class T>
void copy_elements(const char* from, int64_t row_step, int64_t step, int64_t rows, int64_t columns, char* to) {
  typedef T Any __attribute__((aligned(1), may_alias));
  const Any* x = reinterpret_cast<const Any*>(from);
  Any* out = reinterpret_cast<Any*>(to);
  for (; rows > 0; rows--, x += row_step, out += columns) {
    if (step == 0) {
      const T one = *x;
      for (int64_t i = 0; i < columns; i++) out[i] = one;
    } else if (step == 1) {
      for (int64_t i = 0; i < columns; i++) out[i] = x[i];
    } else {
      for (int64_t i = 0; i < columns; i++) out[i] = x[i * step];
    }
  }
}

// An operand in a block of rows.
struct Operand {
  const char* first;  // its first element
  int64_t row_step, step, bytes;
  char* copied;
  bool filled;  // with what all parts of the block have

  bool in_place(int64_t rows, int64_t columns) const {
    return (step == 1 || columns == 1) && (rows == 1 || row_step == columns);
  }
  // The elements from this row and column on, side by side. once: the block has no other columns.
  const void* part(int64_t row, int64_t column, int64_t rows, int64_t columns, bool once) {
    const char* from = first + (row * row_step + column * step) * bytes;
    if (in_place(rows, columns)) return from;
    if (filled) return copied;
    switch (bytes) {
      case 1:
        copy_elements<uint8_t>(from, row_step, step, rows, columns, copied);
        break;
      case 2:
        copy_elements<uint16_t>(from, row_step, step, rows, columns, copied);
        break;
      case 4:
        copy_elements<uint32_t>(from, row_step, step, rows, columns, copied);
        break;
      default:
        copy_elements<uint64_t>(from, row_step, step, rows, columns, copied);
        break;
    }
    filled = row_step == 0 && (step == 0 || once);
    return copied;
  }
};

}  // namespace

void binary_walk(const Call* call, BinaryNeighbours* neighbours, const void* f, int64_t in_bytes, int64_t out_bytes) {
  const Walk w(*static_cast<const BinaryParams*>(call->params));
  const int64_t n = w.d[BINARY_RANK - 1];
  walk_bytes(call, w, in_bytes, out_bytes,
             [&](const char* a, const char* b, char* out, int64_t rows, int64_t from, int64_t to) {
               char copied_a[COPIED * 8], copied_b[COPIED * 8];
               const int last = BINARY_RANK - 1;
               const int64_t columns = to - from;
               Operand x = {a + from * w.a[last] * in_bytes, w.a[last - 1], w.a[last], in_bytes, copied_a, false};
               Operand y = {b + from * w.b[last] * in_bytes, w.b[last - 1], w.b[last], in_bytes, copied_b, false};
               const int64_t width = columns < COPIED || (x.step == 1 && y.step == 1) ? columns : COPIED;
               const int64_t height = columns == n && n < COPIED ? COPIED / n : 1;  // short rows go several at once
               for (int64_t row = 0; row < rows; row += height) {
                 const int64_t high = rows - row < height ? rows - row : height;
                 for (int64_t at = 0; at < columns; at += width) {
                   const int64_t wide = columns - at < width ? columns - at : width;
                   const bool once = width == columns;
                   neighbours(f, x.part(row, at, high, wide, once), y.part(row, at, high, wide, once),
                              out + (row * n + from + at) * out_bytes, high * wide);
                 }
               }
             });
}

}  // namespace sinter
