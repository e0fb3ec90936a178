// depthwise, int8 and uint8, by vpdpbusd: four taps of a vector's channels per four instructions; a 3x3 kernel's column
// is one such four, unpacked once for the up to three outputs over it. Where channels are few, a vector holds the
// pixels that lie side by side. For files that are built for one ISA. SPDX-License-Identifier: Apache-2.0
//
// A struct Isa has: ABREAST, outputs at a time; Widest, its widest vector; for_each_block(channels, weights, quads, f),
// which calls f(V(), weights, channel, mask) for what lies in one vector. A vector V has its instructions, CHANNELS,
// its bytes, and STEP, the bytes between the four groups of a block's weights (s8.h).
#ifndef SINTER_KERNELS_DEPTHWISE_VECTOR_QUADS_H_
#define SINTER_KERNELS_DEPTHWISE_VECTOR_QUADS_H_

#include "core/workers.h"
#include "kernels/depthwise/s8.h"

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
#define INLINE __attribute__((noinline))  // emulated instructions are long: inlining them would take minutes
#else
#define INLINE inline __attribute__((always_inline))
#endif

struct Epilogue {
  float limit;
  int16_t zero_point;  // uint8: of the s8 (result - 128)
  int8_t minimum;      // the same
  // uint8: what every weight of a quad lacks, 128 - its zero point, in four bytes: of all quads but the last, whose
  // fillers lack nothing, and of that; 3x3: of every quad.
  int32_t lacking, lacking_last;
};

// Sums of one output pixel: channels 0-3 of every 16, then 4-7, 8-11, 12-15.
template <class V>
struct Sums {
  typename V::Int s0, s1, s2, s3;
};
template <class V>
INLINE Sums<V> start(const char* weights) {
  const int step = V::STEP;
  return {V::load(weights), V::load(weights + step), V::load(weights + 2 * step), V::load(weights + 3 * step)};
}

// Four taps side by side per channel, as u8.
template <class V>
INLINE Sums<V> interleave(typename V::Int a, typename V::Int b, typename V::Int c, typename V::Int d) {
  const typename V::Int ab_low = V::low8(a, b), ab_high = V::high8(a, b);
  const typename V::Int cd_low = V::low8(c, d), cd_high = V::high8(c, d);
  return {V::low16(ab_low, cd_low), V::high16(ab_low, cd_low), V::low16(ab_high, cd_high), V::high16(ab_high, cd_high)};
}

template <bool U, class V>
INLINE void accumulate(Sums<V>& sums, const Sums<V>& taps, const char* weights, typename V::Int lacking) {
  const int step = V::STEP;
  if constexpr (U) {
    V::dot(sums.s0, taps.s0, lacking);
    V::dot(sums.s1, taps.s1, lacking);
    V::dot(sums.s2, taps.s2, lacking);
    V::dot(sums.s3, taps.s3, lacking);
  }
  V::dot(sums.s0, taps.s0, V::load(weights));
  V::dot(sums.s1, taps.s1, V::load(weights + step));
  V::dot(sums.s2, taps.s2, V::load(weights + 2 * step));
  V::dot(sums.s3, taps.s3, V::load(weights + 3 * step));
}

// `scales`: behind the block's bias. Packing with saturation puts the channels back in order. WHOLE: all scales are
// below 1 and the bounds are those of 8 bits, which packing keeps by itself.
template <bool U, class V, bool WHOLE = false>
INLINE void finish(const Sums<V>& sums, const char* scales, int8_t* out, typename V::Mask mask, const Epilogue& e) {
  const int step = V::STEP;
  const auto scaled = [&](typename V::Int sum, int part) __attribute__((always_inline)) {
    const typename V::Float scale = V::load_float(scales + part * step);
    if constexpr (WHOLE) {
      return V::round_small(sum, scale);
    } else {
      return V::round_scaled(sum, scale, e.limit);
    }
  };
  const typename V::Int low = V::words(scaled(sums.s0, 0), scaled(sums.s1, 1), e.zero_point);
  const typename V::Int high = V::words(scaled(sums.s2, 2), scaled(sums.s3, 3), e.zero_point);
  typename V::Int bytes;
  if constexpr (WHOLE) {
    bytes = V::packed(low, high);
  } else {
    bytes = V::bytes(low, high, e.minimum);
  }
  V::store_some(out, mask, U ? V::flip(bytes) : bytes);
}

// ---- any kernel: one output pixel ------------------------------------------------------------------

template <bool U, class V>
INLINE typename V::Int load_masked(const int8_t* p, typename V::Mask mask) {
  const typename V::Int v = V::load_some(mask, p);
  return U ? v : V::flip(v);
}

template <bool U, class V>
INLINE void pixel_block(const int8_t* const* taps, int64_t quads, const char* weights, int64_t from,
                        typename V::Mask mask, int8_t* out, const Epilogue& e) {
  const int step = V::STEP;
  Sums<V> sums = start<V>(weights);
  const char* w = weights + 8 * step;
  for (int64_t q = 0; q < quads; q++, taps += 4, w += 4 * step) {
    accumulate<U, V>(sums,
                     interleave<V>(load_masked<U, V>(taps[0] + from, mask), load_masked<U, V>(taps[1] + from, mask),
                                   load_masked<U, V>(taps[2] + from, mask), load_masked<U, V>(taps[3] + from, mask)),
                     w, V::all(q < quads - 1 ? e.lacking : e.lacking_last));
  }
  finish<U, V>(sums, weights + 4 * step, out, mask, e);
}

// ---- 3x3: N outputs side by side --------------------------------------------------------------------

constexpr int output_at(int column, int tap, int stride) {
  return column >= tap && (column - tap) % stride == 0 ? (column - tap) / stride : -1;
}

// Where columns come from, 0: one pixel's channels per column, by address.
template <bool U, class V, int COUNT>
struct ByAddress {
  const int8_t* const* table;
  int64_t at;
  typename V::Mask mask;
  template <int COLUMN>
  INLINE typename V::Int load(int row) const {
    return load_masked<U, V>(table[row * COUNT + COLUMN] + at, mask);
  }
};

template <bool U, int OUT, int TAP, class V, int N>
INLINE void add_tap(Sums<V> (&sums)[N], const Sums<V>& taps, const char* weights, typename V::Int lacking) {
  if constexpr (OUT >= 0 && OUT < N) accumulate<U, V>(sums[OUT], taps, weights + TAP * 4 * V::STEP, lacking);
}

template <bool U, int COLUMN, int STRIDE, class V, int N, class Source>
INLINE void columns(Sums<V> (&sums)[N], const Source& source, const char* weights, typename V::Int lacking) {
  constexpr int count = STRIDE * (N - 1) + 3;
  if constexpr (COLUMN < count) {
    const typename V::Int y0 = source.template load<COLUMN>(0);
    const typename V::Int y1 = source.template load<COLUMN>(1);
    const typename V::Int y2 = source.template load<COLUMN>(2);
    const Sums<V> taps = interleave<V>(y0, y1, y2, y2);  // the fourth has weight zero
    add_tap<U, output_at(COLUMN, 0, STRIDE), 0, V>(sums, taps, weights, lacking);
    add_tap<U, output_at(COLUMN, 1, STRIDE), 1, V>(sums, taps, weights, lacking);
    add_tap<U, output_at(COLUMN, 2, STRIDE), 2, V>(sums, taps, weights, lacking);
    columns<U, COLUMN + 1, STRIDE, V, N>(sums, source, weights, lacking);
  }
}

// N outputs, `step` bytes apart; the last one's mask may be another.
template <bool U, int N, int STRIDE, class V, bool WHOLE = false, class Source>
INLINE void block3x3(const Source& source, const char* weights, typename V::Mask mask, typename V::Mask last_mask,
                     int64_t step, int8_t* out, const Epilogue& e) {
  Sums<V> sums[N];
  sums[0] = start<V>(weights);
  if constexpr (N > 1) sums[1] = sums[0];
  if constexpr (N > 2) sums[2] = sums[0];
  if constexpr (N > 3) sums[3] = sums[0];
  columns<U, 0, STRIDE, V, N>(sums, source, weights + 8 * V::STEP, V::all(e.lacking_last));
  const char* scales = weights + 4 * V::STEP;
  finish<U, V, WHOLE>(sums[0], scales, out, N > 1 ? mask : last_mask, e);
  if constexpr (N > 1) finish<U, V, WHOLE>(sums[1], scales, out + step, N > 2 ? mask : last_mask, e);
  if constexpr (N > 2) finish<U, V, WHOLE>(sums[2], scales, out + 2 * step, N > 3 ? mask : last_mask, e);
  if constexpr (N > 3) finish<U, V, WHOLE>(sums[3], scales, out + 3 * step, last_mask, e);
}

template <class Isa, bool U, int N, int STRIDE>
void outputs3x3(const int8_t* const* table, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  constexpr int count = STRIDE * (N - 1) + 3;
  Isa::for_each_block(
      channels, weights, 3, [&](auto v, const char* w, int64_t at, auto mask) __attribute__((always_inline)) {
        typedef decltype(v) V;
        block3x3<U, N, STRIDE, V>(ByAddress<U, V, count>{table, at, mask}, w, mask, mask, channels, out + at, e);
      });
}

typedef void (*Outputs)(const int8_t* const*, const char*, int64_t, int8_t*, const Epilogue&);
// By stride and count.
template <class Isa, bool U, int STRIDE>
INLINE Outputs outputs3x3_of(int64_t n) {
  if constexpr (Isa::ABREAST >= 4) {
    if (n == 4) return outputs3x3<Isa, U, 4, STRIDE>;
    if (n == 3) return outputs3x3<Isa, U, 3, STRIDE>;
  }
  return n == 2 ? outputs3x3<Isa, U, 2, STRIDE> : outputs3x3<Isa, U, 1, STRIDE>;
}

template <class Isa, bool U>
void row3x3(const DepthwiseRow& r, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  const DepthwiseParams& p = *r.p;
  for (int64_t x = 0; x < p.out_w; x += Isa::ABREAST) {
    const int64_t n = depthwise_columns3x3(r, x, Isa::ABREAST);
    const Outputs outputs = p.stride_w == 1 ? outputs3x3_of<Isa, U, 1>(n) : outputs3x3_of<Isa, U, 2>(n);
    outputs(r.table, weights, channels, out + x * channels, e);
  }
}

// ---- 3x3, few channels: vectors of several outputs side by side -------------------------------------

// The pixels under them, for one tap: neighbours, or every other one of two vectors.
template <class V, int CHANNELS, int STRIDE>
struct Side {
  enum {
    PIXELS = V::CHANNELS / CHANNELS,
    STEP = PIXELS * STRIDE,  // pixels of the input from vector to vector
    // Two pixels on, a column is one vector's last tap and the next one's first. Else vectors share none.
    MOST = STEP == 2 ? V::ABREAST : 1,
    COLUMNS = STEP == 2 ? 2 : 3,  // from vector to vector
  };
  static constexpr int64_t offset(int column) {
    return int64_t{column / COLUMNS * STEP + column % COLUMNS} * CHANNELS;
  }
  static constexpr int64_t bytes(int n) {  // under n vectors
    return offset(COLUMNS * (n - 1) + 2) + V::CHANNELS * STRIDE;
  }
};

template <bool U, class V, int CHANNELS, int STRIDE>
struct Inside : Side<V, CHANNELS, STRIDE> {
  const int8_t* rows[3];
  template <int COLUMN>
  INLINE typename V::Int load(int row) const {
    const int8_t* p = rows[row] + this->offset(COLUMN);
    typename V::Int v = V::load(p);
    if constexpr (STRIDE == 2) v = V::template every_other<CHANNELS>(v, V::load(p + V::CHANNELS));
    return U ? v : V::flip(v);
  }
};

// The same where bytes before `begin` and from `end` on are not the row's, but the zero point.
template <bool U, class V, int CHANNELS, int STRIDE>
struct AtSide : Side<V, CHANNELS, STRIDE> {
  const int8_t* rows[3];
  int64_t begin, end;
  typename V::Int zero;
  template <int COLUMN>
  INLINE typename V::Int load(int row) const {
    typename V::Int v = some(row, this->offset(COLUMN));
    if constexpr (STRIDE == 2) v = V::template every_other<CHANNELS>(v, some(row, this->offset(COLUMN) + V::CHANNELS));
    return U ? v : V::flip(v);
  }
  INLINE typename V::Int some(int row, int64_t from) const {
    return V::load_between(begin - from, end - from, rows[row] + from, zero);
  }
};

template <class V, bool U, int CHANNELS, int STRIDE>
void row_side3x3(const DepthwiseRow& r, const char* weights, int64_t, int8_t* out, const Epilogue& e) {
  typedef Side<V, CHANNELS, STRIDE> S;
  const DepthwiseParams& p = *r.p;
  const int64_t row_bytes = int64_t{p.in_w} * CHANNELS;
  const typename V::Mask all = V::first(V::CHANNELS);
  Inside<U, V, CHANNELS, STRIDE> inside;
  AtSide<U, V, CHANNELS, STRIDE> at_side;
  at_side.zero = V::all(static_cast<int32_t>(0x01010101u * static_cast<uint8_t>(p.in_zero_point)));
  for (int64_t x = 0; x < p.out_w;) {
    const int64_t first = (x * STRIDE - p.pad_left) * CHANNELS;
    int8_t* to = out + x * CHANNELS;
    // Rows outside the image: the zero point, over and over.
    for (int i = 0; i < 3; i++) inside.rows[i] = r.rows[i] ? r.rows[i] + first : r.zero;
    if (first >= 0 && first + S::bytes(S::MOST) <= row_bytes && x + S::MOST * S::PIXELS <= p.out_w) {
      block3x3<U, S::MOST, S::COLUMNS, V>(inside, weights, all, all, V::CHANNELS, to, e);
      x += S::MOST * S::PIXELS;
      continue;
    }
    const int64_t valid = (p.out_w - x) * CHANNELS;
    const typename V::Mask mask = valid < V::CHANNELS ? V::first(valid) : all;
    if (first >= 0 && first + S::bytes(1) <= row_bytes) {
      block3x3<U, 1, S::COLUMNS, V>(inside, weights, mask, mask, V::CHANNELS, to, e);
    } else {
      for (int i = 0; i < 3; i++) at_side.rows[i] = inside.rows[i];
      at_side.begin = -first;
      at_side.end = row_bytes - first;
      block3x3<U, 1, S::COLUMNS, V>(at_side, weights, mask, mask, V::CHANNELS, to, e);
    }
    x += S::PIXELS;
  }
}

template <class Isa, bool U>
void row_any(const DepthwiseRow& r, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  typedef typename Isa::Widest W;
  const DepthwiseParams& p = *r.p;
  const int64_t quads = depthwise_quads(p), step = p.stride_w * r.pitch;
  const auto pixel = [&](int64_t x, int64_t further) {
    Isa::for_each_block(
        channels, weights, quads, [&](auto v, const char* w, int64_t at, auto mask) __attribute__((always_inline)) {
          pixel_block<U, decltype(v)>(r.table, quads, w, at + further, mask, out + x * channels + at, e);
        });
  };
  const auto at_side = [&](int64_t x) {
    depthwise_quad_table(r, x);
    pixel(x, 0);
  };
  const DepthwiseInside inside = depthwise_inside(r);
  for (int64_t x = 0; x < inside.begin; x++) at_side(x);
  if (inside.begin < inside.end) depthwise_quad_table(r, inside.begin);
  // Few channels: outputs side by side fill a vector, as do the pixels under each tap.
  const int64_t abreast = depthwise_repeats(channels) && step == channels ? W::CHANNELS / channels : 1;
  int64_t x = inside.begin;
  if (abreast > 1 && inside.end - x >= abreast) {
    const typename W::Mask all = W::first(W::CHANNELS);
    while (x < inside.end) {
      if (x > inside.end - abreast) x = inside.end - abreast;  // the last ones once more
      pixel_block<U, W>(r.table, quads, weights, (x - inside.begin) * step, all, out + x * channels, e);
      x += abreast;
    }
  }
  for (; x < inside.end; x++) pixel(x, (x - inside.begin) * step);
  for (; x < p.out_w; x++) at_side(x);
}

typedef void (*Row)(const DepthwiseRow&, const char*, int64_t, int8_t*, const Epilogue&);

template <class Isa, bool U, int STRIDE>
Row side_row_for(int64_t channels) {
  typedef typename Isa::Widest V;
  if constexpr (V::CHANNELS >= 64) {
    if (channels == 32) return row_side3x3<V, U, 32, STRIDE>;
  }
  switch (channels) {
    case 4:
      return row_side3x3<V, U, 4, STRIDE>;
    case 8:
      return row_side3x3<V, U, 8, STRIDE>;
    case 16:
      return row_side3x3<V, U, 16, STRIDE>;
    default:
      return row3x3<Isa, U>;
  }
}

template <class Isa, bool U>
Row row_for(const DepthwiseParams& p, int64_t channels) {
  if (p.kernel_h != 3 || p.kernel_w != 3 || p.stride_w > 2 || p.dilation_w != 1) return row_any<Isa, U>;
  const int64_t side = p.multiplier == 1 ? channels : 0;
  return p.stride_w == 1 ? side_row_for<Isa, U, 1>(side) : side_row_for<Isa, U, 2>(side);
}

template <bool U>
Epilogue make_epilogue(const DepthwiseParams& p) {
  const int32_t shift = U ? 128 : 0;
  Epilogue e = {static_cast<float>(p.out_max - p.out_zero_point), static_cast<int16_t>(p.out_zero_point - shift),
                static_cast<int8_t>(p.out_min - shift), 0, 0};
  if (U) {
    const int64_t last = depthwise_quads(p) * 4 - 4;
    const uint32_t lack = static_cast<uint8_t>(128 - p.w_zero_point);
    for (int64_t t = 0; t < 4; t++) {
      if (depthwise_quad_tap(p, t) >= 0) e.lacking |= static_cast<int32_t>(lack << 8 * t);
      if (depthwise_quad_tap(p, last + t) >= 0) e.lacking_last |= static_cast<int32_t>(lack << 8 * t);
    }
  }
  return e;
}

template <class Isa, bool U>
void run(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int64_t channels = depthwise_channels(p);
  const char* weights = static_cast<const char*>(call->slots[DEPTHWISE_WEIGHTS]);
  int8_t* out = static_cast<int8_t*>(call->slots[DEPTHWISE_OUT]);
  const int64_t rows = depthwise_out_rows(p);
  if (rows == 0) return;
  DepthwiseScratch scratch;
  depthwise_scratch(p, &scratch);
  const int64_t span = 1;  // masked loads stay inside by themselves
  depthwise_prepare(call, scratch, span);
  const Epilogue e = make_epilogue<U>(p);
  const Row row_fn = row_for<Isa, U>(p, channels);
  parallel_for(call->workers, rows, [&](int64_t row, int thread) {
    const DepthwiseRow r = depthwise_row(call, scratch, row, thread, span);
    row_fn(r, weights, channels, out + row * p.out_w * channels, e);
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_VECTOR_QUADS_H_
