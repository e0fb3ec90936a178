// Packed int4 weights, two to a byte, for products with float activations: quantized on the way, or left as they are.
// SPDX-License-Identifier: Apache-2.0
//
// Source: W [n][k] row by row, two weights a byte, the lower four bits first, as TensorFlow Lite stores them. Scales:
// floats [n]; with blocks of k half precision, [n][k / block].
//
// n64k8: tiles of 64 columns, the last as wide as the columns left, rounded up to 16. A tile: int32 correction[width]
// (-128 * 16 * the sum of the column's weights: what its sums of unsigned bytes begin with), float scale[width], float
// bias[width]; then k in groups of 8: a 32-bit word per column, whose byte j holds the weights of k + j (lower half)
// and k + 4 + j. So a mask or a shift and a mask make of 16 words 64 signed bytes, each 16 times its weight, 4
// neighbours in k for each of 16 columns: what vpdpbusd takes. With blocks each begins with its scales, half precision
// [width]; correction and scale in the header are then 0.
//
// plain: float bias[n], the scales as they came, the weights as they came.
#ifndef SINTER_KERNELS_GEMM_PACKING_S4_H_
#define SINTER_KERNELS_GEMM_PACKING_S4_H_

#include <stdint.h>

#include "core/row.h"

namespace sinter {

static const int64_t S4_TILE_COLUMNS = 64;

static inline int64_t s4_round_up(int64_t value, int64_t to) {
  return (value + to - 1) / to * to;
}
// Columns of the tile that starts at column n0, rounded up to 16.
static inline int64_t s4_tile_width(int64_t n, int64_t n0) {
  return n - n0 >= S4_TILE_COLUMNS ? S4_TILE_COLUMNS : s4_round_up(n - n0, 16);
}
static constexpr inline int64_t s4_header_bytes(int64_t width) {
  return 12 * width;
}
// block 0: none.
static inline int64_t s4_block_count(int64_t k, int64_t block) {
  return block > 0 ? k / block : 0;
}
static inline int64_t s4_tile_bytes(int64_t width, int64_t k, int64_t block) {
  const int64_t scales = s4_round_up(2 * width * s4_block_count(k, block), 64);
  return s4_header_bytes(width) + scales + s4_round_up(k, 8) / 8 * 4 * width;
}
static inline int64_t s4_tiles_bytes(int64_t n, int64_t k, int64_t block) {
  const int64_t whole = n / S4_TILE_COLUMNS, rest = n % S4_TILE_COLUMNS;
  const int64_t last = rest ? s4_tile_bytes(s4_round_up(rest, 16), k, block) : 0;
  return whole * s4_tile_bytes(S4_TILE_COLUMNS, k, block) + last + 64;  // vectors may be read from 3 bytes further on
}

// A weight of the source.
static inline int s4_value(const uint8_t* packed, int64_t index) {
  const int byte = packed[index / 2];
  const int bits = index % 2 ? byte >> 4 : byte & 15;
  return (bits ^ 8) - 8;
}

// The parts of the plain form.
struct S4Plain {
  const float* bias;
  const char* scales;
  const uint8_t* weights;
};
static inline S4Plain s4_plain(const void* at, int64_t n, int64_t k, int64_t block) {
  S4Plain p;
  p.bias = static_cast<const float*>(at);
  p.scales = static_cast<const char*>(at) + 4 * n;
  p.weights = reinterpret_cast<const uint8_t*>(p.scales) + (block > 0 ? 2 * n * (k / block) : 4 * n);
  return p;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PACKING_S4_H_
