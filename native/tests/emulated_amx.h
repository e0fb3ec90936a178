// Stands in for AMX on CPUs without it: the tiles of a thread, and the instructions on them in plain C++. Included by
// emulated_avx512.h, or forced into the files of AMX alone.
// SPDX-License-Identifier: Apache-2.0
//
// Shapes that the processor would refuse end the program with a message.
#ifndef SINTER_TESTS_EMULATED_AMX_H_
#define SINTER_TESTS_EMULATED_AMX_H_

#define SINTER_EMULATED_AMX 1

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

namespace sinter_emulated {
namespace {

struct AmxTile {
  int rows, bytes;  // 0: not configured
  unsigned char value[16][64];
};
thread_local AmxTile amx_tiles[8];

inline void amx_require(bool holds, const char* what) {
  if (holds) return;
  fprintf(stderr, "emulated AMX: %s\n", what);
  abort();
}

inline void amx_configure(const uint16_t* row_bytes, const uint8_t* rows) {
  memset(amx_tiles, 0, sizeof amx_tiles);
  for (int t = 0; t < 8; t++) {
    amx_require(rows[t] <= 16 && row_bytes[t] <= 64 && (rows[t] == 0) == (row_bytes[t] == 0), "a tile's shape");
    amx_tiles[t].rows = rows[t];
    amx_tiles[t].bytes = row_bytes[t];
  }
}

inline void amx_release() {
  memset(amx_tiles, 0, sizeof amx_tiles);
}

inline void amx_load(int tile, const void* from, int64_t stride) {
  AmxTile& t = amx_tiles[tile];
  amx_require(t.rows > 0, "load into a tile without a shape");
  for (int r = 0; r < t.rows; r++) {
    memset(t.value[r], 0, 64);
    memcpy(t.value[r], static_cast<const char*>(from) + r * stride, static_cast<size_t>(t.bytes));
  }
}

inline void amx_store(int tile, void* to, int64_t stride) {
  const AmxTile& t = amx_tiles[tile];
  amx_require(t.rows > 0, "store of a tile without a shape");
  for (int r = 0; r < t.rows; r++) {
    memcpy(static_cast<char*>(to) + r * stride, t.value[r], static_cast<size_t>(t.bytes));
  }
}

inline void amx_require_product(const AmxTile& c, const AmxTile& a, const AmxTile& b) {
  amx_require(c.rows > 0 && c.rows == a.rows && c.bytes == b.bytes && a.bytes % 4 == 0 && a.bytes / 4 == b.rows,
              "the shapes of a product do not fit");
}

inline void amx_dot8(bool is_signed, int c, int a, int b) {
  AmxTile& to = amx_tiles[c];
  const AmxTile &left = amx_tiles[a], &right = amx_tiles[b];
  amx_require_product(to, left, right);
  for (int m = 0; m < to.rows; m++) {
    for (int n = 0; n < to.bytes / 4; n++) {
      uint32_t sum;
      memcpy(&sum, to.value[m] + 4 * n, 4);
      for (int k = 0; k < left.bytes; k++) {
        const int x = is_signed ? static_cast<signed char>(left.value[m][k]) : left.value[m][k];
        const int w = static_cast<signed char>(right.value[k / 4][4 * n + k % 4]);
        sum += static_cast<uint32_t>(x * w);
      }
      memcpy(to.value[m] + 4 * n, &sum, 4);
    }
  }
}

// Denormals count as 0, in operands and in sums.
inline float amx_flushed(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return (bits & 0x7f800000) == 0 ? copysignf(0.0f, x) : x;
}

inline float amx_bf16(const unsigned char* at) {
  uint16_t half;
  memcpy(&half, at, 2);
  const uint32_t bits = static_cast<uint32_t>(half) << 16;
  float x;
  memcpy(&x, &bits, 4);
  return amx_flushed(x);
}

// The first and the second values of all pairs are summed apart, then put together, then added.
inline void amx_dot_bf16(int c, int a, int b) {
  AmxTile& to = amx_tiles[c];
  const AmxTile &left = amx_tiles[a], &right = amx_tiles[b];
  amx_require_product(to, left, right);
  for (int m = 0; m < to.rows; m++) {
    for (int n = 0; n < to.bytes / 4; n++) {
      float halves[2] = {0.0f, 0.0f};
      for (int k = 0; k < left.bytes / 2; k++) {
        const float x = amx_bf16(left.value[m] + 2 * k), w = amx_bf16(right.value[k / 2] + 4 * n + k % 2 * 2);
        halves[k % 2] = amx_flushed(fmaf(x, w, halves[k % 2]));
      }
      float sum;
      memcpy(&sum, to.value[m] + 4 * n, 4);
      sum = amx_flushed(amx_flushed(sum) + amx_flushed(halves[0] + halves[1]));
      memcpy(to.value[m] + 4 * n, &sum, 4);
    }
  }
}

}  // namespace
}  // namespace sinter_emulated

#endif  // SINTER_TESTS_EMULATED_AMX_H_
