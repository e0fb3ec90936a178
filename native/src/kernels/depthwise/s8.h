// What the int8 rows of depthwise share: packed forms, tap order, scratch, addresses of taps.
// SPDX-License-Identifier: Apache-2.0
//
// Plain constants, structs and internal-linkage functions only: files built for one ISA include it.
#ifndef SINTER_KERNELS_DEPTHWISE_S8_H_
#define SINTER_KERNELS_DEPTHWISE_S8_H_

#include <stdint.h>
#include <string.h>

#include "kernels/depthwise/op.h"

namespace sinter {

static inline int64_t depthwise_channels(const DepthwiseParams& p) {
  return int64_t{p.in_c} * p.multiplier;
}
static inline int64_t depthwise_taps(const DepthwiseParams& p) {
  return int64_t{p.kernel_h} * p.kernel_w;
}

// Rows of output pixels; none when they are empty.
static inline int64_t depthwise_out_rows(const DepthwiseParams& p) {
  return p.out_w > 0 ? int64_t{p.batch} * p.out_h : 0;
}

// The t-th tap in the order in which vector rows combine them, as row * kernel_w + column. In a 3x3
// kernel the first two rows go pairwise down the columns (a column's pair serves three outputs that
// lie side by side), then the last row; otherwise row-major.
static inline int64_t depthwise_tap(const DepthwiseParams& p, int64_t t) {
  if (p.kernel_h != 3 || p.kernel_w != 3) return t;
  return t < 6 ? t % 2 * 3 + t / 2 : t;
}

// ---- packed forms ---------------------------------------------------------------------------------
// bias' = bias - zero point of the input * sum of the channel's weights, so that taps outside the
// input may be read as the zero point.
//
// depthwise_s8_taps   s32 bias'[C], f32 scale[C], s8 W[taps][C]: the reference.
// depthwise_s8_pairs  Blocks of 16 channels (the last one starts at C - 16 when C > 16, so it overlaps
//   its neighbour): s32 bias'[16], f32 scale[16], then for each pair of taps 32 s16: the two taps'
//   weights side by side for channels 0-3, 8-11, then for 4-7, 12-15 (what unpacking two vectors of
//   16 s16 gives); bias and scale are in that order too. C <= 8: one block of 8 channels in order.
// depthwise_s8_quads  Blocks of `width` channels: s32 bias'[width], f32 scale[width], then for each four
//   taps 4 * width s8, four taps' weights side by side, in the order that byte and word unpacking
//   gives: per 16 channels 0-3 of every lane, then 4-7, 8-11, 12-15. Activations are u8 here (value + 128), so
//   bias' subtracts (zero point + 128) * sum instead. 3x3: quads are columns (y0, y1, y2, nothing).
//   4, 8, 16 or 32 channels: one block of 64 in which they repeat, for several pixels in a vector.
// depthwise_u8_quads  The same with s8 W - 128 and activations as they are: what the sums lack is (128 - zero point of
//   the weights) * the sum of the activations, which the row adds; bias' is that of the true weights.

// The t-th tap of the quads; -1: a filler with weight zero.
static inline int64_t depthwise_quad_tap(const DepthwiseParams& p, int64_t t) {
  if (p.kernel_h == 3 && p.kernel_w == 3) return t % 4 == 3 ? -1 : t % 4 * 3 + t / 4;
  return t < depthwise_taps(p) ? t : -1;
}
static inline int64_t depthwise_quads(const DepthwiseParams& p) {
  return p.kernel_h == 3 && p.kernel_w == 3 ? 3 : (depthwise_taps(p) + 3) / 4;
}
// Whether the quads' only block holds the channels more than once.
static inline bool depthwise_repeats(int64_t channels) {
  return channels == 4 || channels == 8 || channels == 16 || channels == 32;
}
// Channels of the block that starts at `first`: 64 while that many are left or more than 32, else 32.
static inline int64_t depthwise_quad_block(int64_t channels, int64_t first) {
  return channels - first > 32 || depthwise_repeats(channels) ? 64 : 32;
}

enum { DEPTHWISE_PAIR_BLOCK = 16, DEPTHWISE_NARROW_BLOCK = 8 };

static inline bool depthwise_narrow(const DepthwiseParams& p) {
  return depthwise_channels(p) <= DEPTHWISE_NARROW_BLOCK;
}
static inline int64_t depthwise_pairs(const DepthwiseParams& p) {
  return (depthwise_taps(p) + 1) / 2;
}
static inline int64_t depthwise_pair_blocks(const DepthwiseParams& p) {
  return depthwise_narrow(p) ? 1 : (depthwise_channels(p) + DEPTHWISE_PAIR_BLOCK - 1) / DEPTHWISE_PAIR_BLOCK;
}
static inline int64_t depthwise_pair_block_bytes(const DepthwiseParams& p) {
  return (depthwise_narrow(p) ? DEPTHWISE_NARROW_BLOCK : DEPTHWISE_PAIR_BLOCK) * (8 + 4 * depthwise_pairs(p));
}

// ---- scratch of the vector rows -------------------------------------------------------------------
// shared:     a row of the zero point [in_w][C] + 64 (at least 512), the last bytes of the input with 64 readable
//             behind [128], 3x3 without a multiplier (stream_quads.h): a block's weights for lanes
// per thread: row pointers [kernel_h], tap pointers [taps rounded up to 4, at least 27],
//             with a multiplier the expanded input rows [kernel_h][in_w][C] + 64
enum { DEPTHWISE_LANES_BYTES = 20 * 64 };
struct DepthwiseScratch {
  int64_t zero_bytes, lanes_bytes, rows_bytes, table_bytes, expanded_bytes, shared_bytes, thread_bytes;
};

static inline bool depthwise_scratch(const DepthwiseParams& p, DepthwiseScratch* s) {
  *s = {};
  const int64_t limit = int64_t{1} << 46;
  const int64_t channels = depthwise_channels(p);
  int64_t row;
  if (__builtin_mul_overflow(int64_t{p.in_w}, channels, &row) || row > limit) return false;
  s->zero_bytes = row < 448 ? 512 : (row + 127) / 64 * 64;
  s->lanes_bytes = p.kernel_h == 3 && p.kernel_w == 3 && p.multiplier == 1 ? DEPTHWISE_LANES_BYTES : 0;
  s->shared_bytes = s->zero_bytes + 128 + s->lanes_bytes;
  s->rows_bytes = (int64_t{p.kernel_h} * 8 + 63) / 64 * 64;
  const int64_t table = (depthwise_taps(p) + 3) / 4 * 4;
  s->table_bytes = ((table < 27 ? 27 : table) * 8 + 63) / 64 * 64;
  s->expanded_bytes = 0;
  if (p.multiplier > 1) {
    int64_t bytes;
    if (__builtin_mul_overflow(int64_t{p.kernel_h} * p.in_w, channels, &bytes) || bytes > limit) return false;
    s->expanded_bytes = (bytes + 127) / 64 * 64;
  }
  s->thread_bytes = s->rows_bytes + s->table_bytes + s->expanded_bytes;
  return true;
}

// ---- addresses of taps ----------------------------------------------------------------------------

// Where the input pixels under one row of outputs are; made once per output row and thread. Taps
// outside the input get the address of a pixel of zero points. Vector loads take `span` bytes at a
// pixel's start; where these would pass the input's last byte, a copy of its end takes its place.
struct DepthwiseRow {
  const DepthwiseParams* p;
  const int8_t** rows;   // [kernel_h]; null: outside
  const int8_t** table;  // tap addresses, for the kernel's use
  const int8_t* zero;    // a row of zero points
  const int8_t* safe;    // loads starting here or before stay inside; null: all do
  const int8_t* tail;    // stands in for `end - 64`, when that is passed
  const int8_t* end;
  int64_t pitch;  // bytes from pixel to pixel
};

static inline const int8_t* depthwise_pixel(const DepthwiseRow& r, int64_t i, int64_t ix) {
  const int8_t* row = r.rows[i];
#if defined(SINTER_MUTATION_DEPTHWISE_DROPPED_COLUMN)
  if (!row || ix < 0 || ix >= r.p->in_w - 1) return r.zero;
#else
  if (!row || ix < 0 || ix >= r.p->in_w) return r.zero;
#endif
  const int8_t* pixel = row + ix * r.pitch;
  return r.safe && pixel > r.safe ? r.tail + (64 - (r.end - pixel)) : pixel;
}

// Of a 3x3 kernel with dilation 1: the addresses of the input columns under up to `most` outputs from x
// on, row after row, in r.table. Returns how many outputs there are.
static inline int64_t depthwise_columns3x3(const DepthwiseRow& r, int64_t x, int64_t most) {
  const DepthwiseParams& p = *r.p;
  const int64_t n = p.out_w - x < most ? p.out_w - x : most;
  const int64_t count = p.stride_w * (n - 1) + 3;
  const int64_t first = x * p.stride_w - p.pad_left;
  for (int64_t i = 0; i < 3; i++) {
    const int8_t** table = r.table + i * count;
    if (!r.safe && r.rows[i] && first >= 0 && first + count <= p.in_w) {
      const int8_t* pixel = r.rows[i] + first * r.pitch;
      for (int64_t c = 0; c < count; c++, pixel += r.pitch) table[c] = pixel;
    } else {
      for (int64_t c = 0; c < count; c++) table[c] = depthwise_pixel(r, i, first + c);
    }
  }
  return n;
}

// Outputs begin .. end - 1 of a row see no column outside: their taps lie stride_w pixels further on from one to the
// next, those of rows outside and fillers (r.zero), too.
struct DepthwiseInside {
  int64_t begin, end;
};
static inline DepthwiseInside depthwise_inside(const DepthwiseRow& r) {
  const DepthwiseParams& p = *r.p;
  const int64_t reach = int64_t{p.kernel_w - 1} * p.dilation_w;
  const int64_t last = p.in_w - 1 - reach + p.pad_left;  // the first column's, of the last such output, or before
  int64_t begin = (p.pad_left + p.stride_w - 1) / p.stride_w, end = last < 0 ? 0 : last / p.stride_w + 1;
  if (end > p.out_w) end = p.out_w;
  if (r.safe) {
    for (int64_t i = 0; i < p.kernel_h; i++) {
      if (r.rows[i] && r.rows[i] + (p.in_w - 1) * r.pitch > r.safe) end = 0;
    }
  }
  if (begin > end) begin = end;
  return {begin, end};
}

// The addresses of the taps of output x in r.table, in the order of the quads, fillers at the zero point.
static inline void depthwise_quad_table(const DepthwiseRow& r, int64_t x) {
  const DepthwiseParams& p = *r.p;
  const int64_t first = x * p.stride_w - p.pad_left;
  const int8_t** to = r.table;
  if (p.kernel_h == 3 && p.kernel_w == 3) {
    for (int64_t j = 0; j < 3; j++) {
      for (int64_t i = 0; i < 3; i++) *to++ = depthwise_pixel(r, i, first + j * p.dilation_w);
      *to++ = r.zero;
    }
    return;
  }
  for (int64_t i = 0; i < p.kernel_h; i++) {
    for (int64_t j = 0; j < p.kernel_w; j++) *to++ = depthwise_pixel(r, i, first + j * p.dilation_w);
  }
  while (to < r.table + depthwise_quads(p) * 4) *to++ = r.zero;
}

// The same in the order of the pairs (depthwise_tap).
static inline void depthwise_pair_table(const DepthwiseRow& r, int64_t x) {
  const DepthwiseParams& p = *r.p;
  const int64_t first = x * p.stride_w - p.pad_left;
  const int8_t** to = r.table;
  int64_t i = 0;
  if (p.kernel_h == 3 && p.kernel_w == 3) {
    for (int64_t j = 0; j < 3; j++) {
      for (i = 0; i < 2; i++) *to++ = depthwise_pixel(r, i, first + j * p.dilation_w);
    }
  }
  for (; i < p.kernel_h; i++) {
    for (int64_t j = 0; j < p.kernel_w; j++) *to++ = depthwise_pixel(r, i, first + j * p.dilation_w);
  }
  if (depthwise_taps(p) % 2) *to = r.zero;
}

// Fills what all threads share; called before the work is split.
static inline void depthwise_prepare(const Call* call, const DepthwiseScratch& s, int64_t span) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  char* zero = static_cast<char*>(call->scratch);
  memset(zero, p.in_zero_point, static_cast<size_t>(s.zero_bytes));
  if (depthwise_channels(p) < span) {
    const int64_t total = int64_t{p.batch} * p.in_h * p.in_w * p.in_c;
    const int64_t count = total < 64 ? total : 64;
    char* tail = zero + s.zero_bytes;
    if (count > 0) {
      memcpy(tail + 64 - count, static_cast<const char*>(call->slots[DEPTHWISE_IN]) + total - count,
             static_cast<size_t>(count));
    }
    memset(tail + 64, 0, 64);
  }
}

static inline DepthwiseRow depthwise_row(const Call* call, const DepthwiseScratch& s, int64_t row, int thread,
                                         int64_t span) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[DEPTHWISE_IN]);
  char* shared = static_cast<char*>(call->scratch);
  char* own = shared + s.shared_bytes + thread * s.thread_bytes;
  const int64_t channels = depthwise_channels(p);
  const int64_t b = row / p.out_h, y = row % p.out_h;
  const int64_t total = int64_t{p.batch} * p.in_h * p.in_w * p.in_c;
  DepthwiseRow r;
  r.p = &p;
  r.rows = reinterpret_cast<const int8_t**>(own);
  r.table = reinterpret_cast<const int8_t**>(own + s.rows_bytes);
  r.zero = reinterpret_cast<const int8_t*>(shared);
  r.tail = r.zero + s.zero_bytes;
  r.end = in + total;
  r.safe = p.multiplier == 1 && channels < span ? r.end - span : nullptr;
  r.pitch = channels;
  int8_t* expanded = reinterpret_cast<int8_t*>(own + s.rows_bytes + s.table_bytes);
  for (int64_t i = 0; i < p.kernel_h; i++) {
    const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
    if (iy < 0 || iy >= p.in_h) {
      r.rows[i] = nullptr;
      continue;
    }
    const int8_t* source = in + (b * p.in_h + iy) * p.in_w * p.in_c;
    r.rows[i] = source;
    if (p.multiplier == 1) continue;
    // Each channel repeated, so that every output channel has its own input byte.
    r.rows[i] = expanded;
    for (int64_t n = int64_t{p.in_w} * p.in_c; n > 0; n--) {
      memset(expanded, *source++, static_cast<size_t>(p.multiplier));
      expanded += p.multiplier;
    }
  }
  return r;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_S8_H_
