// Products of float activations and int8 weights: activations become int8 on the way in, a row at a time.
// SPDX-License-Identifier: Apache-2.0
//
// The quantized values are kept as int16 less their zero point, |value| <= 255: sums need no correction, and taps of a
// convolution outside its image are zeros.
// A tile holds 16 columns: float scale[16], float bias[16], then the weights as in packing.h, pairs of k side by side.
// The plain form has the same parts, each for all n columns, and the weights as they came.
#ifndef SINTER_KERNELS_GEMM_DYNAMIC_H_
#define SINTER_KERNELS_GEMM_DYNAMIC_H_

#include <math.h>
#include <stdint.h>

#include "core/row.h"
#include "kernels/gemm/packing.h"

namespace sinter {

static const int64_t DYNAMIC_TILE_COLUMNS = 16, DYNAMIC_COLUMN_BYTES = 8;
static const int64_t dynamic_tile_header_bytes = DYNAMIC_TILE_COLUMNS * DYNAMIC_COLUMN_BYTES;

static inline int64_t dynamic_tile_bytes(int64_t k) {
  return (dynamic_tile_header_bytes + (k + 1) / 2 * 2 * DYNAMIC_TILE_COLUMNS + 63) / 64 * 64;
}
static inline int64_t dynamic_tiles_bytes(int64_t n, int64_t k) {
  return (n + DYNAMIC_TILE_COLUMNS - 1) / DYNAMIC_TILE_COLUMNS * dynamic_tile_bytes(k);
}

struct DynamicColumns {
  const float* scale;
  const float* bias;
  const int8_t* weights;
};
static inline DynamicColumns dynamic_columns(const void* at, int64_t count) {
  DynamicColumns c;
  c.scale = static_cast<const float*>(at);
  c.bias = c.scale + count;
  c.weights = reinterpret_cast<const int8_t*>(c.bias + count);
  return c;
}

// Who decides how float activations become int8: TFLite's delegate (a zero point, halves to even), or TFLite's own
// kernels (halves away from zero) without a zero point or with one. The folded ones multiply the scales of both sides
// with each other before they meet a sum, as recurrent layers and batch products do.
enum DynamicMode {
  DYNAMIC_DELEGATE = 0,
  DYNAMIC_SYMMETRIC = 1,
  DYNAMIC_ASYMMETRIC = 2,
  DYNAMIC_SYMMETRIC_FOLDED = 3,
  DYNAMIC_ASYMMETRIC_FOLDED = 4,
  DYNAMIC_LAST = 4,
  // Weights alone are stored as integers: products and sums are of floats, or of activations rounded to bfloat16.
  WEIGHT_ONLY = 5,
  WEIGHT_ONLY_BF16 = 6
};

// A value becomes value * scale rounded, plus the zero point; back with `inverse`. The mode is one of the first three.
struct DynamicRange {
  float scale, inverse;
  int32_t zero_point, mode, folded;
};

static inline DynamicRange dynamic_range(float low, float high, int32_t mode) {
  DynamicRange r;
  r.folded = mode >= DYNAMIC_SYMMETRIC_FOLDED;
  if (r.folded) mode -= DYNAMIC_SYMMETRIC_FOLDED - DYNAMIC_SYMMETRIC;
  r.mode = mode;
  r.zero_point = 0;
  r.scale = r.inverse = 1.0f;
  low = low < 0.0f ? low : 0.0f;
  high = high > 0.0f ? high : 0.0f;
  if (mode == DYNAMIC_SYMMETRIC) {
    const float range = -low > high ? -low : high;
    if (range == 0.0f) return r;
    r.scale = 127.0f / range;
    r.inverse = range / 127.0f;
    return r;
  }
  if (mode == DYNAMIC_ASYMMETRIC) {
    if (low == high) return r;
    const double step = (static_cast<double>(high) - static_cast<double>(low)) / 255.0;
    const double least = static_cast<double>(low) / step, most = static_cast<double>(high) / step;
    const double zero_point = 128.0 + fabs(least) < 127.0 + fabs(most) ? -128.0 - least : 127.0 - most;
    r.zero_point = zero_point <= -128.0 ? -128 : zero_point >= 127.0 ? 127 : static_cast<int32_t>(round(zero_point));
    r.inverse = static_cast<float>(step);
    r.scale = 1.0f / r.inverse;
    return r;
  }
  if (low != high) r.scale = 255.0f / (high - low);
  const float least = low * r.scale, most = high * r.scale;
  // From the end that is less wrong.
  float zero_point = (-128.0f + least) + (127.0f + most) > 0.0f ? -128.0f - least : 127.0f - most;
  zero_point = zero_point > -128.0f ? zero_point : -128.0f;
  zero_point = zero_point < 127.0f ? zero_point : 127.0f;
  r.zero_point = static_cast<int32_t>(lrintf(zero_point));
  r.inverse = 1.0f / r.scale;
  return r;
}

// The quantized value less the zero point.
static inline int16_t dynamic_value(float x, const DynamicRange& r) {
  if (r.mode != DYNAMIC_DELEGATE) {
    const float least = r.mode == DYNAMIC_SYMMETRIC ? -127.0f : -128.0f;
    float value = roundf(static_cast<float>(r.zero_point) + x * r.scale);
    value = value > least ? value : least;
    value = value < 127.0f ? value : 127.0f;
    return static_cast<int16_t>(static_cast<int32_t>(value) - r.zero_point);
  }
  const float highest = static_cast<float>(127 - r.zero_point), lowest = static_cast<float>(-128 - r.zero_point);
  float value = x * r.scale;
  value = value < highest ? value : highest;
  value = value > lowest ? value : lowest;
  return static_cast<int16_t>(lrintf(value));
}

// A sum of products to the result before it is bounded.
static inline float dynamic_result(int32_t sum, const DynamicRange& r, float scale, float bias) {
  if (r.folded) return static_cast<float>(sum) * (r.inverse * scale) + bias;
  const float product = static_cast<float>(sum) * r.inverse;
  return r.mode == DYNAMIC_DELEGATE ? fmaf(product, scale, bias) : product * scale + bias;
}

static inline float dynamic_bounded(float y, float low, float high) {
  y = y < low ? low : y;
  return y > high ? high : y;
}

// Rows of k values, lda apart, to a panel whose rows are `stride` values apart, and their ranges; values from k to
// `filled` meet weights of zero. V, an ISA's: extremes(x, count, low, high), quantize(x, count, range, out).
template <class V, class T>
static inline void dynamic_rows(const float* a, int64_t lda, int64_t rows, int64_t k, int32_t mode, T* panel,
                                int64_t stride, int64_t filled, DynamicRange* ranges) {
  for (int64_t r = 0; r < rows; r++, a += lda, panel += stride) {
    float least, most;
    V::extremes(a, k, &least, &most);
    ranges[r] = dynamic_range(least, most, mode);
    V::quantize(a, k, ranges[r], panel);
    for (int64_t i = k; i < filled; i++) panel[i] = 0;
  }
}

// Sources: weights of n * k bytes, bias of a float per column or none, scale of a float per column.
sinter_status check_dynamic_sources(const Source* sources, int64_t n, int64_t k);

// The constants of columns first .. first + count - 1 of weights [..][k], to a place for `room` columns.
void pack_dynamic_columns(const Source* sources, int64_t first, int64_t count, int64_t room, void* out);

// The plain form of weights [n][k] (or [k][n]: their order stays): constants of all columns, then the weights.
void pack_dynamic_plain(const Source* sources, int64_t n, int64_t k, void* out);

// Columns [first, first + n) as tiles.
void pack_dynamic_tiles(const Source* sources, int64_t first, int64_t n, int64_t k, char* out);

// Scratch per thread of gemm's AVX2 row: the panel, then its rows' ranges.
static inline int64_t dynamic_thread_bytes(int64_t k) {
  return (avx2_panel_bytes(k) + avx2_panel_rows(k) * static_cast<int64_t>(sizeof(DynamicRange)) + 63) / 64 * 64;
}

// AVX-512 VNNI: float bias of all columns, in whole tiles of 64, then the tiles of int8 (packing.h). Scratch per
// thread: a panel of rows as unsigned bytes, k rounded up to 4, for some 128 KiB, and their ranges.
static inline int64_t dynamic_vnni_bias_bytes(int64_t n) {
  return (n + 63) / 64 * 256;
}
static inline int64_t dynamic_vnni_rows(int64_t k) {
  const int64_t fit = 131072 / (k < 1 ? 1 : k) / 24 * 24;
  return fit < 24 ? 24 : fit > 480 ? 480 : fit;
}
static inline int64_t dynamic_vnni_panel_bytes(int64_t k) {
  return (dynamic_vnni_rows(k) * ((k + 3) / 4 * 4) + 63) / 64 * 64;
}
static inline int64_t dynamic_vnni_thread_bytes(int64_t k) {
  return dynamic_vnni_panel_bytes(k) +
         (dynamic_vnni_rows(k) * static_cast<int64_t>(sizeof(DynamicRange)) + 63) / 64 * 64;
}

// AMX: the same weights. Scratch per thread, by offsets: a panel of rows as unsigned bytes, what their last steps read
// (packing.h), their ranges.
struct DynamicAmxPanel {
  AmxSteps steps;
  int64_t rows, stride, tail, ranges, bytes;
};
static inline DynamicAmxPanel dynamic_amx_panel(int64_t k) {
  DynamicAmxPanel p;
  p.steps = amx_steps((k + 3) / 4 * 4);
  p.rows = amx_block_rows(k);
  p.stride = (p.steps.bytes + 63) / 64 * 64;
  p.tail = p.rows * p.stride;
  p.ranges = p.tail + (p.steps.tail ? p.rows * 64 : 0);
  p.bytes = p.ranges + (p.rows * static_cast<int64_t>(sizeof(DynamicRange)) + 63) / 64 * 64;
  return p;
}

static inline int64_t dynamic_plain_bytes(int64_t n, int64_t k) {
  return n * (DYNAMIC_COLUMN_BYTES + k);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DYNAMIC_H_
