// Bytes moved in pieces whose size the compiler knows, the last of which overlaps the one before: for short runs, which
// take less time than a call. Internal linkage: ISA files include it. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SIMD_MOVES_H_
#define SINTER_KERNELS_SIMD_MOVES_H_

#include <stdint.h>
#include <string.h>

namespace sinter {
namespace {

#ifdef __AVX__
enum { WIDEST_MOVE = 32 };
#else
enum { WIDEST_MOVE = 16 };  // GCC moves what is wider by way of the stack
#endif

template <int BYTES>
inline __attribute__((always_inline)) void move(char* to, const char* from) {
  if constexpr (BYTES > WIDEST_MOVE) {
    move<BYTES / 2>(to, from);
    move<BYTES / 2>(to + BYTES / 2, from + BYTES / 2);
  } else {
    typedef char Piece __attribute__((vector_size(BYTES), aligned(1), may_alias));
    *reinterpret_cast<Piece*>(to) = *reinterpret_cast<const Piece*>(from);
  }
}

// PIECE <= bytes <= 2 * PIECE.
template <int PIECE>
inline __attribute__((always_inline)) void two_moves(char* to, const char* from, int64_t bytes) {
  move<PIECE>(to, from);
  move<PIECE>(to + bytes - PIECE, from + bytes - PIECE);
}

// 32 bytes or more.
inline __attribute__((always_inline)) void many_moves(char* to, const char* from, int64_t bytes) {
  for (int64_t at = 0; at + 32 <= bytes; at += 32) move<32>(to + at, from + at);
  if (bytes % 32) move<32>(to + bytes - 32, from + bytes - 32);
}

// Any number but 0. Calls with one number after the other cost the same few comparisons, which the machine foresees.
inline __attribute__((always_inline)) void copy_run(char* to, const char* from, int64_t bytes) {
  if (bytes > 256) {
    memcpy(to, from, static_cast<size_t>(bytes));
  } else if (bytes >= 32) {
    many_moves(to, from, bytes);
  } else if (bytes >= 16) {
    two_moves<16>(to, from, bytes);
  } else if (bytes >= 8) {
    two_moves<8>(to, from, bytes);
  } else if (bytes >= 4) {
    two_moves<4>(to, from, bytes);
  } else if (bytes >= 2) {
    two_moves<2>(to, from, bytes);
  } else {
    *to = *from;
  }
}

// `count` times one element, in vectors; T of 1 to 8 bytes.
template <class T>
inline void fill_run(char* to, T value, int64_t count) {
  constexpr int64_t bytes = sizeof(T), piece = WIDEST_MOVE;
  int64_t left = count * bytes;
  if (left >= piece) {
    alignas(piece) char pattern[piece];
    for (int64_t i = 0; i < piece; i += bytes) memcpy(pattern + i, &value, sizeof value);
    typedef char Vector __attribute__((vector_size(piece)));
    typedef char Piece __attribute__((vector_size(piece), aligned(1), may_alias));
    const Vector v = *reinterpret_cast<const Piece*>(pattern);
    char* const last = to + left - piece;
    for (; to < last; to += piece) *reinterpret_cast<Piece*>(to) = v;
    *reinterpret_cast<Piece*>(last) = v;
    return;
  }
  for (; left > 0; left -= bytes, to += bytes) memcpy(to, &value, sizeof value);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_MOVES_H_
