// Packed int8 weights for int16 activations, and the three ways in which their sums become int16.
// SPDX-License-Identifier: Apache-2.0
//
// A tile holds 16 columns: int64 bias[16], double scale[16], int32 multiplier[16], int32 shift[16], then the weights
// as in packing.h, pairs of k side by side. Columns past n and values past k are zero. Tiles start at multiples of 64
// bytes. The plain form has the same parts, each for all n columns, and the weights as they came.
//
// AVX-512 and AMX multiply the two bytes of an activation one by one, as unsigned bytes: (high + 128) and low. Their
// form is Lanes16 for each 16 columns, then the tiles of packing.h (tile_form_vnni_u8) without bias and scale.
// Depthwise has Lanes16 alone, whose sums are of whole activations.
#ifndef SINTER_KERNELS_GEMM_PACKING_S16_H_
#define SINTER_KERNELS_GEMM_PACKING_S16_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "core/row.h"
#include "kernels/gemm/packing.h"

namespace sinter {

// FIXED: by multiplier and shift, in 64 bits by 16 bits of the multiplier, in 32 bits with two roundings; UPWARD: the
// same with halves up in both; DOUBLE: by the scale as a double. 64, 32: the bits of the sum, bias included; one of 32
// bits wraps.
enum Requantization16 {
  REQUANTIZE_FIXED_64 = 0,
  REQUANTIZE_FIXED_32 = 1,
  REQUANTIZE_DOUBLE_64 = 2,
  REQUANTIZE_UPWARD_32 = 3
};

static const int64_t S16_TILE_COLUMNS = 16, S16_COLUMN_BYTES = 24;
static const int64_t s16_tile_header_bytes = S16_TILE_COLUMNS * S16_COLUMN_BYTES;

static inline int64_t s16_tile_bytes(int64_t k) {
  return (s16_tile_header_bytes + (k + 1) / 2 * 2 * S16_TILE_COLUMNS + 63) / 64 * 64;
}
static inline int64_t s16_tiles_bytes(int64_t n, int64_t k) {
  return (n + S16_TILE_COLUMNS - 1) / S16_TILE_COLUMNS * s16_tile_bytes(k);
}

// The columns' constants, in a tile (count 16) or in the plain form (count n).
struct Columns16 {
  const int64_t* bias;
  const double* scale;
  const int32_t* multiplier;
  const int32_t* shift;
  const int8_t* weights;
};
SINTER_HOST_DEVICE static inline Columns16 columns16(const void* at, int64_t count) {
  Columns16 c;
  c.bias = static_cast<const int64_t*>(at);
  c.scale = reinterpret_cast<const double*>(c.bias + count);
  c.multiplier = reinterpret_cast<const int32_t*>(c.scale + count);
  c.shift = c.multiplier + count;
  c.weights = reinterpret_cast<const int8_t*>(c.shift + count);
  return c;
}

// The 16 bits of a multiplier that REQUANTIZE_FIXED_64 takes.
SINTER_HOST_DEVICE static inline int64_t reduced_multiplier(int32_t multiplier) {
  return multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
}

// The sum of a column, bias included, before it is bounded. Sums wrap; shifts are in [-31, 14].
SINTER_HOST_DEVICE static inline int32_t requantize_16(int64_t sum, const Columns16& columns, int64_t column,
                                                       int32_t how) {
  if (how & 1) sum = static_cast<int32_t>(static_cast<uint32_t>(sum));
  if (how == REQUANTIZE_DOUBLE_64) {
    const double value = round(static_cast<double>(sum) * columns.scale[column]);
    return value >= -2147483648.0 && value < 2147483648.0 ? static_cast<int32_t>(value) : INT32_MIN;
  }
  const int32_t multiplier = columns.multiplier[column], shift = columns.shift[column];
  if (how == REQUANTIZE_FIXED_64) {
    const int64_t reduced = reduced_multiplier(multiplier);
    const int64_t product = static_cast<int64_t>(static_cast<uint64_t>(sum) * static_cast<uint64_t>(reduced) +
                                                 (uint64_t{1} << (14 - shift)));
    return static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(product >> (15 - shift))));
  }
  const uint32_t left = shift > 0 ? static_cast<uint32_t>(shift) : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  const int32_t x = static_cast<int32_t>(static_cast<uint32_t>(sum) << left);
  const int32_t high = static_cast<int32_t>((static_cast<int64_t>(x) * multiplier + (int64_t{1} << 30)) >> 31);
  if (right == 0) return high;
  return static_cast<int32_t>((high + (int64_t{1} << (right - 1)) - (how == REQUANTIZE_FIXED_32 && high < 0)) >> right);
}

SINTER_HOST_DEVICE static inline int16_t bounded_16(int32_t value, int32_t low, int32_t high) {
  return static_cast<int16_t>(value < low ? low : value > high ? high : value);
}

// Constants of 16 columns: of the eight even ones, then of the odd ones, since that is how 16 sums of 32 bits become
// two vectors of 64. With sum = offset + low * a + high * b, what is returned is, by Requantization16:
//   FIXED_64     sum >> c; a is the multiplier's 16 bits, b 256 times that, offset has been multiplied, too, and has
//                half of what is shifted out
//   DOUBLE_64    sum * c rounded, c the bits of a double; a 1, b 256
//   32 bits      by the multiplier in c's lower half and the shift in its upper half; a 1, b 256
struct Lanes16 {
  int64_t offset[16], a[16], b[16], c[16];
};
static inline int64_t lanes16_bytes(int64_t n) {
  return (n + 15) / 16 * static_cast<int64_t>(sizeof(Lanes16));
}

// The same for one column's sum of whole activations.
static inline int32_t lane16_result(int64_t sum, const Lanes16& lanes, int64_t i, int32_t how) {
  const int64_t bias = 0;
  double scale;
  __builtin_memcpy(&scale, &lanes.c[i], 8);
  const int32_t multiplier = static_cast<int32_t>(lanes.c[i]), shift = static_cast<int32_t>(lanes.c[i] >> 32);
  const Columns16 column = {&bias, &scale, &multiplier, &shift, nullptr};
  return requantize_16(static_cast<int64_t>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(lanes.offset[i])),
                       column, 0, how);
}

// The form for bytes of activations: k is `runs` runs as in packing.h.
static inline int64_t s16_split_bytes(int64_t n, int64_t k, int64_t runs) {
  return lanes16_bytes(n) + packed_tiles_bytes(tile_form_vnni_u8, n, k, runs);
}
// What a thread keeps of a block of rows: for each the high bytes, then the low ones, each `stride` bytes; behind them
// AMX's last steps (packing.h), the sums of a tile of columns.
struct SplitPanel {
  int64_t rows, stride, tail, sums, bytes;
  AmxSteps steps;
};
static inline SplitPanel split_panel(int64_t k, int64_t most) {
  SplitPanel p;
  p.steps = amx_steps((k + 3) / 4 * 4);
  p.stride = (k + 63) / 64 * 64;
  p.rows = 131072 / p.stride / 16 * 16;
  p.rows = p.rows < 16 ? 16 : p.rows > most ? most : p.rows;
  p.tail = 2 * p.rows * p.stride;
  p.sums = p.tail + (p.steps.tail ? 2 * p.rows * 64 : 0);
  p.bytes = p.sums + 2 * p.rows * 64 * 4;
  return p;
}
static const int64_t SPLIT_ROWS_VNNI = 48, SPLIT_ROWS_AMX = 64;

// Sources: weights of n * k bytes, bias of 8 (or, with `how` of 32 bits, 4) bytes per column or none, scale of a double
// per column: positive, below 2^14.
sinter_status check_s16_sources(const Source* sources, int64_t n, int64_t k, int32_t how);

// Columns first .. first + count - 1 of the sources' constants, to a place for `room` columns; the rest is zero.
void pack_s16_columns(const Source* sources, int64_t first, int64_t count, int64_t room, int32_t how, void* out);

// Columns [first, first + n) of weights [..][k] as tiles; `out` has s16_tiles_bytes(n, k).
void pack_s16_tiles(const Source* sources, int64_t first, int64_t n, int64_t k, int32_t how, char* out);

// Columns [first, first + n) of weights [..][k] in the form for bytes; `out` has s16_split_bytes(n, k, runs).
void pack_s16_split(const Source* sources, int64_t first, int64_t n, int64_t k, int64_t runs, int32_t how, char* out);

// Constants of 16 columns, -1: none; less[i]: what the sums of the i-th are too large by (null: nothing).
void pack_s16_lanes(const Source* sources, const int64_t* columns, const int64_t* less, int32_t how, Lanes16* out);

static inline int64_t s16_plain_bytes(int64_t n, int64_t k) {
  return n * (S16_COLUMN_BYTES + k);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PACKING_S16_H_
