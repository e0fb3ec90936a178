// Rows of contiguous bytes, in a loop of their own for every size of a move. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_STRIDED_RUNS_H_
#define SINTER_KERNELS_STRIDED_RUNS_H_

#include <stdint.h>

#include "kernels/simd/moves.h"

namespace sinter {
namespace {

// In bytes: `layers` times `rows` runs of `bytes`, whose beginnings are so far apart.
struct Rows {
  int64_t layers, in_layer, out_layer, rows, in_row, out_row, bytes;
};

template <class Move>
inline __attribute__((always_inline)) void each_row(const char* in, char* out, Rows r, const Move& move) {
  for (int64_t layer = 0; layer < r.layers; layer++, in += r.in_layer, out += r.out_layer) {
    const char* from = in;
    char* to = out;
    for (int64_t i = 0; i < r.rows; i++, from += r.in_row, to += r.out_row) move(to, from);
  }
}

template <int PIECE>
void rows_of(const char* in, char* out, Rows r) {
  const int64_t bytes = r.bytes;
  if (bytes == PIECE) {
    each_row(in, out, r, [](char* to, const char* from) { move<PIECE>(to, from); });
  } else {
    each_row(in, out, r, [=](char* to, const char* from) { two_moves<PIECE>(to, from, bytes); });
  }
}

inline void copy_rows(const char* in, char* out, Rows r) {
  const int64_t bytes = r.bytes;
  if (bytes > 1024) {
    each_row(in, out, r, [=](char* to, const char* from) { memcpy(to, from, static_cast<size_t>(bytes)); });
  } else if (bytes >= 128) {
    each_row(in, out, r, [=](char* to, const char* from) { many_moves(to, from, bytes); });
  } else if (bytes >= 64) {
    rows_of<64>(in, out, r);
  } else if (bytes >= 32) {
    rows_of<32>(in, out, r);
  } else if (bytes >= 16) {
    rows_of<16>(in, out, r);
  } else if (bytes >= 8) {
    rows_of<8>(in, out, r);
  } else if (bytes >= 4) {
    rows_of<4>(in, out, r);
  } else if (bytes >= 2) {
    rows_of<2>(in, out, r);
  } else {
    rows_of<1>(in, out, r);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_STRIDED_RUNS_H_
