// depthwise, int8 and uint8, kernels of 3x3 by vpdpbusd where channels fill vectors: rows of outputs, column by column.
// For files that are built for one ISA with 32 registers of 512 bits.
// SPDX-License-Identifier: Apache-2.0
//
// The pixels of a column are brought side by side once and meet the up to three outputs that see it; those are under
// way at a time, their sums in registers. Where 16 or 32 channels are left behind whole vectors, they are taken of four
// or two outputs at a time.
#ifndef SINTER_KERNELS_DEPTHWISE_STREAM_QUADS_H_
#define SINTER_KERNELS_DEPTHWISE_STREAM_QUADS_H_

#include "kernels/depthwise/vector_quads.h"

namespace sinter {
namespace {

// A row of outputs at a block of channels.
struct Stream {
  const int8_t* in[3];  // column 0 of the rows of the input; of a row outside: zero points
  const int8_t* zero;
  int64_t first, width;  // the first output's first column, may be negative; columns of the input
  int64_t outputs, pitch;
  int8_t* out;
  const char* weights;
};

template <int N>
struct Constant {
  static constexpr int value = N;
};
template <class F>
INLINE void four_times(const F& f) {
  f(Constant<0>()), f(Constant<1>()), f(Constant<2>()), f(Constant<3>());
}

template <int QUARTER, class V>
INLINE typename V::Int& quarter(Sums<V>& s) {
  if constexpr (QUARTER == 0) return s.s0;
  if constexpr (QUARTER == 1) return s.s1;
  if constexpr (QUARTER == 2) return s.s2;
  return s.s3;
}

// The rows of the input by column; columns outside are those of `zero`, found without a branch.
struct Columns {
  const uintptr_t zero, row0, row1, row2;  // rows relative to `zero`
  const uint64_t width;

  explicit Columns(const Stream& r)
      : zero(reinterpret_cast<uintptr_t>(r.zero)),
        row0(reinterpret_cast<uintptr_t>(r.in[0]) - zero),
        row1(reinterpret_cast<uintptr_t>(r.in[1]) - zero),
        row2(reinterpret_cast<uintptr_t>(r.in[2]) - zero),
        width(static_cast<uint64_t>(r.width)) {}
  // All ones, or zeros outside. Columns before 0 are large ones.
  INLINE uintptr_t inside(uint64_t column) const {
    return 0 - static_cast<uintptr_t>(column < width);
  }
  INLINE const int8_t* at(uintptr_t place, uintptr_t inside) const {
    return reinterpret_cast<const int8_t*>(zero + (place & inside));
  }
};

// Columns of one pixel each, at a block of channels.
template <bool U, class V>
struct PixelColumns {
  const Columns columns;
  const typename V::Mask mask;
  const uintptr_t pitch;
  uint64_t column;  // the next one
  uintptr_t place;  // of it in a row

  INLINE PixelColumns(const Stream& r, typename V::Mask m)
      : columns(r),
        mask(m),
        pitch(static_cast<uintptr_t>(r.pitch)),
        column(static_cast<uint64_t>(r.first)),
        place(static_cast<uintptr_t>(r.first * r.pitch)) {}
  INLINE Sums<V> next() {
    const uintptr_t inside = columns.inside(column);
    const typename V::Int y0 = load_masked<U, V>(columns.at(columns.row0 + place, inside), mask);
    const typename V::Int y1 = load_masked<U, V>(columns.at(columns.row1 + place, inside), mask);
    const typename V::Int y2 = load_masked<U, V>(columns.at(columns.row2 + place, inside), mask);
    column++;
    place += pitch;
    return interleave<V>(y0, y1, y2, y2);  // the fourth has weight zero
  }
};

// Columns of two pixels that fill a vector, a pixel further on each: for two neighbouring outputs every other one is
// theirs alone, the others are the last taps of two outputs and the first of the next two.
template <bool U, class V>
struct PairColumns {
  const int8_t *const row0, *const row1, *const row2;
  const typename V::Int zero;
  const int64_t bytes;  // of a row
  int64_t at;           // the next column's first, may be negative

  INLINE PairColumns(const Stream& r)
      : row0(r.in[0]),
        row1(r.in[1]),
        row2(r.in[2]),
        zero(V::load(r.zero)),
        bytes(r.width * r.pitch),
        at(r.first * r.pitch) {}
  INLINE typename V::Int load(const int8_t* row) const {
    typename V::Int v;
    if (at >= 0 && at + V::CHANNELS <= bytes) {
      v = V::load(row + at);
    } else {
      v = V::load_between(-at, bytes - at, row + at, zero);
    }
    return U ? v : V::flip(v);
  }
  INLINE Sums<V> next() {
    const typename V::Int y0 = load(row0), y1 = load(row1), y2 = load(row2);
    at += V::CHANNELS / 2;
    return interleave<V>(y0, y1, y2, y2);
  }
};

template <bool U, bool WHOLE, int STRIDE, class V, class Source>
struct Streamer {
  typedef typename V::Int Int;
  typedef Sums<V> Output;
  // All by value: a store of bytes may change anything behind a pointer.
  Source source;
  const typename V::Mask mask, last_mask;
  const Epilogue e;
  const int64_t pitch;
  const char* const weights;
  int8_t *out, *const last;

  template <int TAP, int QUARTER>
  INLINE void add(Output& to, Int taps) const {
    if constexpr (U) V::dot(quarter<QUARTER>(to), taps, V::all(e.lacking_last));
    V::dot(quarter<QUARTER>(to), taps, V::load(weights + (8 + TAP * 4 + QUARTER) * V::STEP));
  }

  // A column is the third of `third`, the second of `second`, the first of `first`, which begins.
  template <bool THIRD, bool SECOND, bool FIRST>
  INLINE void meet(Sums<V>& taps, Output& third, Output& second, Output& first) const {
    four_times([&](auto q) __attribute__((always_inline)) {
      constexpr int Q = decltype(q)::value;
      const Int t = quarter<Q>(taps);
      if constexpr (THIRD) add<2, Q>(third, t);
      if constexpr (SECOND) add<1, Q>(second, t);
      if constexpr (FIRST) {
        quarter<Q>(first) = V::load(weights + Q * V::STEP);
        add<0, Q>(first, t);
      }
    });
  }

  INLINE void put(const Output& done) {
    finish<U, V, WHOLE>(done, weights + 4 * V::STEP, out, mask, e);
    out += pitch;
  }
  INLINE void put_last(const Output& done) {
    finish<U, V, WHOLE>(done, weights + 4 * V::STEP, out, last_mask, e);
  }

  // An output is put among the products of the next: its instructions wait for each other longer than there is room for
  // others behind them.
  INLINE void run() {
    Output a, b, c, d;
    Sums<V> t = source.next();
    meet<false, false, true>(t, a, a, a);
    t = source.next();
    if constexpr (STRIDE == 1) {
      meet<false, true, true>(t, a, a, b);
      t = source.next();
      meet<true, true, true>(t, a, b, c);
      t = source.next();
      for (;;) {
        if (out == last) return put_last(a);
        meet<true, true, true>(t, b, c, d);
        put(a);
        t = source.next();
        if (out == last) return put_last(b);
        meet<true, true, true>(t, c, d, a);
        put(b);
        t = source.next();
        if (out == last) return put_last(c);
        meet<true, true, true>(t, d, a, b);
        put(c);
        t = source.next();
        if (out == last) return put_last(d);
        meet<true, true, true>(t, a, b, c);
        put(d);
        t = source.next();
      }
    } else {
      const auto both = [&](Output& third, Output& first) __attribute__((always_inline)) {
        meet<false, true, false>(t, third, third, third);
        t = source.next();
        meet<true, false, true>(t, third, third, first);
        t = source.next();
      };
      both(a, b);
      for (;;) {
        if (out == last) return put_last(a);
        both(b, c);
        put(a);
        if (out == last) return put_last(b);
        both(c, a);
        put(b);
        if (out == last) return put_last(c);
        both(a, b);
        put(c);
      }
    }
  }
};

template <bool U, bool WHOLE, int STRIDE, class V>
__attribute__((noinline)) void stream(const Stream& r, typename V::Mask mask, const Epilogue& e) {
  typedef PixelColumns<U, V> Source;
  Streamer<U, WHOLE, STRIDE, V, Source> streamer = {
      Source(r, mask), mask, mask, e, r.pitch, r.weights, r.out, r.out + (r.outputs - 1) * r.pitch};
  streamer.run();
}

// Half a vector of channels, stride 1.
template <bool U, bool WHOLE, class V>
__attribute__((noinline)) void stream_pairs(const Stream& r, const Epilogue& e) {
  typedef PairColumns<U, V> Source;
  const int64_t vectors = (r.outputs + 1) / 2;
  Streamer<U, WHOLE, 2, V, Source> streamer = {Source(r),
                                               V::first(V::CHANNELS),
                                               V::first(r.outputs % 2 ? V::CHANNELS / 2 : V::CHANNELS),
                                               e,
                                               V::CHANNELS,
                                               r.weights,
                                               r.out,
                                               r.out + (vectors - 1) * V::CHANNELS};
  streamer.run();
}

// ---- 16 or 32 channels ------------------------------------------------------------------------------

// Pixels whose channels lie side by side in a vector, for block3x3, at columns that are all inside.
template <bool U, class V, int CHANNELS, int STRIDE>
struct LanesInside {
  const int8_t* rows[3];  // at the first column
  int64_t pitch;

  template <int COLUMN>
  INLINE typename V::Int load(int row) const {
    const int8_t* first = rows[row] + COLUMN * pitch;
    const typename V::Int v = V::template lanes<CHANNELS>(first, first + STRIDE * pitch, first + 2 * STRIDE * pitch,
                                                          first + 3 * STRIDE * pitch);
    return U ? v : V::flip(v);
  }
};

// The same where some are outside.
template <bool U, class V, int CHANNELS, int STRIDE>
struct LanesAtSide {
  const Columns& columns;
  uint64_t column;
  int64_t pitch;

  template <int COLUMN>
  INLINE typename V::Int load(int row) const {
    const uintptr_t start = row == 0 ? columns.row0 : row == 1 ? columns.row1 : columns.row2;
    const auto lane = [&](int i) __attribute__((always_inline)) {
      const uint64_t at = column + static_cast<uint64_t>(COLUMN + STRIDE * i);
      return columns.at(start + at * static_cast<uint64_t>(pitch), columns.inside(at));
    };
    const typename V::Int v = V::template lanes<CHANNELS>(lane(0), lane(1), lane(2), lane(3));
    return U ? v : V::flip(v);
  }
};

// As stream(); `weights` are those of `repeat` below.
template <bool U, bool WHOLE, int STRIDE, class V, int CHANNELS>
__attribute__((noinline)) void stream_lanes(const Stream& r, const Epilogue& e) {
  constexpr int64_t LANES = V::CHANNELS / CHANNELS, SEEN = STRIDE * (LANES - 1) + 3;
  const Columns columns(r);
  const typename V::Mask all = V::first(V::CHANNELS);
  const auto outputs = [&](const auto& source, int64_t x, int64_t count) __attribute__((always_inline)) {
    alignas(64) int8_t results[V::CHANNELS];
    block3x3<U, 1, 3, V, WHOLE>(source, r.weights, all, all, 0, results, e);
    for (int64_t i = 0; i < count; i++) memcpy(r.out + (x + i) * r.pitch, results + i * CHANNELS, CHANNELS);
  };
  for (int64_t x = 0; x < r.outputs; x += LANES) {
    const int64_t column = r.first + x * STRIDE;
    if (column >= 0 && column + SEEN <= r.width && x + LANES <= r.outputs) {
      const int64_t at = column * r.pitch;
      outputs(LanesInside<U, V, CHANNELS, STRIDE>{{r.in[0] + at, r.in[1] + at, r.in[2] + at}, r.pitch}, x, LANES);
    } else {
      outputs(LanesAtSide<U, V, CHANNELS, STRIDE>{columns, static_cast<uint64_t>(column), r.pitch}, x,
              r.outputs - x < LANES ? r.outputs - x : LANES);
    }
  }
}

// Bias, scales and taps of a narrow block, its first `channels` (16 or 32) over and over in a wide one.
template <class V>
INLINE void repeat(const char* narrow, int64_t channels, char* wide) {
  for (int64_t i = 0; i < 20; i++) {
    V::store(wide + i * V::STEP, channels == 16 ? V::quarter_over_and_over(narrow + i * V::STEP / 2)
                                                : V::half_over_and_over(narrow + i * V::STEP / 2));
  }
}

// ---- all of it --------------------------------------------------------------------------------------

// Whether a convolution is for this; others have vectors of several pixels, or taps by address.
inline bool streams(const DepthwiseParams& p) {
  return p.kernel_h == 3 && p.kernel_w == 3 && p.stride_w <= 2 && p.dilation_w == 1 && p.multiplier == 1 &&
         (!depthwise_repeats(p.in_c) || (p.in_c == 32 && p.stride_w == 1));
}

// Whether what is left behind whole blocks of channels is taken of several outputs at a time: at stride 1, two at a
// time are no faster than one.
inline bool in_lanes(const DepthwiseParams& p) {
  const int64_t rest = p.in_c % 64;
  return rest == 16 || (rest == 32 && p.stride_w == 2);
}

template <class Isa, bool U, bool WHOLE, int STRIDE>
void stream_row(const DepthwiseParams& p, Stream r, const char* weights, const char* lanes, const Epilogue& e) {
  typedef typename Isa::Widest W;
  r.weights = weights;
  if (p.in_c == 32) {
    if constexpr (STRIDE == 1) stream_pairs<U, WHOLE, W>(r, e);
    return;
  }
  const int64_t whole = p.in_c / 64 * 64;
  const Stream start = r;
  const auto move = [&](int64_t at) {
    for (int i = 0; i < 3; i++) r.in[i] = start.in[i] + at;
    r.out = start.out + at;
  };
  Isa::for_each_block(p.in_c, weights, 3,
                      [&](auto v, const char* w, int64_t at, auto mask) __attribute__((always_inline)) {
                        if (at == whole && in_lanes(p)) return;
                        move(at);
                        r.weights = w;
                        stream<U, WHOLE, STRIDE, decltype(v)>(r, mask, e);
                      });
  if (!in_lanes(p)) return;
  move(whole);
  r.weights = lanes;
  if (p.in_c % 64 == 16) {
    stream_lanes<U, WHOLE, STRIDE, W, 16>(r, e);
  } else if constexpr (STRIDE == 2) {
    stream_lanes<U, WHOLE, STRIDE, W, 32>(r, e);
  }
}

template <class Isa, bool U, bool WHOLE>
void run_streams_within(const Call* call, const Epilogue& e) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[DEPTHWISE_IN]);
  const char* weights = static_cast<const char*>(call->slots[DEPTHWISE_WEIGHTS]);
  int8_t* out = static_cast<int8_t*>(call->slots[DEPTHWISE_OUT]);
  DepthwiseScratch scratch;
  depthwise_scratch(p, &scratch);
  int8_t* zero = static_cast<int8_t*>(call->scratch);
  char* lanes = static_cast<char*>(call->scratch) + scratch.zero_bytes + 128;
  const int64_t row_bytes = int64_t{p.in_w} * p.in_c;
  memset(zero, p.in_zero_point, static_cast<size_t>(scratch.zero_bytes));
  if (in_lanes(p)) repeat<typename Isa::Widest>(weights + p.in_c / 64 * 64 * 20, p.in_c % 64, lanes);
  parallel_for(call->workers, depthwise_out_rows(p), [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    Stream r = {{}, zero, -int64_t{p.pad_left}, p.in_w, p.out_w, p.in_c, out + row * p.out_w * p.in_c, nullptr};
    for (int64_t i = 0; i < 3; i++) {
      const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
      r.in[i] = iy >= 0 && iy < p.in_h ? in + (b * p.in_h + iy) * row_bytes : zero;
    }
    if (p.stride_w == 1) {
      stream_row<Isa, U, WHOLE, 1>(p, r, weights, lanes, e);
    } else {
      stream_row<Isa, U, WHOLE, 2>(p, r, weights, lanes, e);
    }
  });
}

// A convolution for which streams() holds.
template <class Isa, bool U>
void run_streams(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  if (depthwise_out_rows(p) == 0) return;
  const Epilogue e = make_epilogue<U>(p);
  const int lowest = U ? 0 : -128;
  bool whole = p.out_min == lowest && p.out_max == lowest + 255;
  Isa::for_each_block(p.in_c, static_cast<const char*>(call->slots[DEPTHWISE_WEIGHTS]), 3,
                      [&](auto v, const char* w, int64_t, auto) __attribute__((always_inline)) {
                        typedef decltype(v) V;
                        for (int i = 4; i < 8; i++) whole = whole && V::below_one(V::load_float(w + i * V::STEP));
                      });
  (whole ? run_streams_within<Isa, U, true> : run_streams_within<Isa, U, false>)(call, e);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_STREAM_QUADS_H_
