// Products of float activations and int8 weights: activations become int8 on the way in, a row at a time.
// SPDX-License-Identifier: Apache-2.0
//
// A tile holds 16 columns: int32 sum of weights[16], float scale[16], float bias[16], then the weights as in packing.h,
// pairs of k side by side. The plain form has the same parts, each for all n columns, and the weights as they came.
#ifndef SINTER_KERNELS_GEMM_DYNAMIC_H_
#define SINTER_KERNELS_GEMM_DYNAMIC_H_

#include <math.h>
#include <stdint.h>

#include "core/row.h"
#include "kernels/gemm/packing.h"

namespace sinter {

static const int64_t DYNAMIC_TILE_COLUMNS = 16, DYNAMIC_COLUMN_BYTES = 12;
static const int64_t dynamic_tile_header_bytes = DYNAMIC_TILE_COLUMNS * DYNAMIC_COLUMN_BYTES;

static inline int64_t dynamic_tile_bytes(int64_t k) {
  return (dynamic_tile_header_bytes + (k + 1) / 2 * 2 * DYNAMIC_TILE_COLUMNS + 63) / 64 * 64;
}
static inline int64_t dynamic_tiles_bytes(int64_t n, int64_t k) {
  return (n + DYNAMIC_TILE_COLUMNS - 1) / DYNAMIC_TILE_COLUMNS * dynamic_tile_bytes(k);
}

struct DynamicColumns {
  const int32_t* sum;
  const float* scale;
  const float* bias;
  const int8_t* weights;
};
static inline DynamicColumns dynamic_columns(const void* at, int64_t count) {
  DynamicColumns c;
  c.sum = static_cast<const int32_t*>(at);
  c.scale = reinterpret_cast<const float*>(c.sum + count);
  c.bias = c.scale + count;
  c.weights = reinterpret_cast<const int8_t*>(c.bias + count);
  return c;
}

// How values between low and high (0 included) become int8: value * scale rounded, plus the zero point; back with 1 /
// scale.
struct DynamicRange {
  float scale, inverse;
  int32_t zero_point;
};
static inline DynamicRange dynamic_range(float low, float high) {
  low = low < 0.0f ? low : 0.0f;
  high = high > 0.0f ? high : 0.0f;
  DynamicRange r;
  r.scale = low == high ? 1.0f : 255.0f / (high - low);
  const float least = low * r.scale, most = high * r.scale;
  // From the end that is less wrong.
  float zero_point = (-128.0f + least) + (127.0f + most) > 0.0f ? -128.0f - least : 127.0f - most;
  zero_point = zero_point > -128.0f ? zero_point : -128.0f;
  zero_point = zero_point < 127.0f ? zero_point : 127.0f;
  r.zero_point = static_cast<int32_t>(lrintf(zero_point));
  r.inverse = 1.0f / r.scale;
  return r;
}

static inline int32_t dynamic_value(float x, const DynamicRange& r) {
  float value = x * r.scale;
  const float highest = static_cast<float>(127 - r.zero_point);
  value = value < highest ? value : highest;
  value = value > -32768.0f ? value : -32768.0f;
  const int32_t q = static_cast<int32_t>(lrintf(value)) + r.zero_point;
  return q < -128 ? -128 : q;
}

// Sources: weights of n * k bytes, bias of a float per column or none, scale of a float per column.
sinter_status check_dynamic_sources(const Source* sources, int64_t n, int64_t k);

// The constants of columns first .. first + count - 1 of weights [..][k], to a place for `room` columns.
void pack_dynamic_columns(const Source* sources, int64_t first, int64_t count, int64_t k, int64_t room, void* out);

// Columns [first, first + n) as tiles.
void pack_dynamic_tiles(const Source* sources, int64_t first, int64_t n, int64_t k, char* out);

// Scratch per thread of the AVX2 row: the panel, then its rows' ranges.
static inline int64_t dynamic_thread_bytes(int64_t k) {
  return (avx2_panel_bytes(k) + avx2_panel_rows(k) * static_cast<int64_t>(sizeof(DynamicRange)) + 63) / 64 * 64;
}

static inline int64_t dynamic_plain_bytes(int64_t n, int64_t k) {
  return n * (DYNAMIC_COLUMN_BYTES + k);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DYNAMIC_H_
