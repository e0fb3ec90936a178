// depthwise, int8 and uint8, AVX-512 VNNI: four taps of 64 (or 32) channels per four vpdpbusd; a 3x3 kernel's
// column is one such four, unpacked once for the up to three outputs over it. Where channels are few, a vector holds
// the pixels that lie side by side.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "core/workers.h"
#include "kernels/depthwise/s8.h"

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
#define INLINE __attribute__((noinline))  // emulated instructions are long: inlining them would take minutes
#else
#define INLINE inline __attribute__((always_inline))
#endif

// The two vector widths; masks say which channels exist.
struct Wide {
  typedef __m512i Int;
  typedef __m512 Float;
  typedef __mmask64 Mask;
  enum { CHANNELS = 64 };
  static INLINE Int load(const void* p) {
    return _mm512_loadu_si512(p);
  }
  static INLINE Float load_float(const void* p) {
    return _mm512_castsi512_ps(_mm512_loadu_si512(p));
  }
  static INLINE Int load_some(Mask mask, const void* p) {
    return _mm512_maskz_loadu_epi8(mask, p);
  }
  static INLINE void store_some(void* p, Mask mask, Int v) {
    _mm512_mask_storeu_epi8(p, mask, v);
  }
  static INLINE Int flip(Int v) {
    return _mm512_xor_si512(v, _mm512_set1_epi32(static_cast<int32_t>(0x80808080u)));
  }
  static INLINE Int all(int32_t v) {
    return _mm512_set1_epi32(v);
  }
  static INLINE Int low8(Int a, Int b) {
    return _mm512_unpacklo_epi8(a, b);
  }
  static INLINE Int high8(Int a, Int b) {
    return _mm512_unpackhi_epi8(a, b);
  }
  static INLINE Int low16(Int a, Int b) {
    return _mm512_unpacklo_epi16(a, b);
  }
  static INLINE Int high16(Int a, Int b) {
    return _mm512_unpackhi_epi16(a, b);
  }
  static INLINE void dot(Int& sum, Int a, Int w) {
#if defined(SINTER_EMULATED)
    sum = _mm512_dpbusd_epi32(sum, a, w);
#else
    // GCC copies sums around the intrinsic.
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "vm"(w));
#endif
  }
  static INLINE Int round_scaled(Int sum, Float scale, float limit) {
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale), _mm512_set1_ps(limit)));
  }
  static INLINE Int words(Int a, Int b, int16_t zero_point) {
    return _mm512_adds_epi16(_mm512_packs_epi32(a, b), _mm512_set1_epi16(zero_point));
  }
  static INLINE Int bytes(Int a, Int b, int8_t minimum) {
    return _mm512_max_epi8(_mm512_packs_epi16(a, b), _mm512_set1_epi8(minimum));
  }
};

struct Narrow {
  typedef __m256i Int;
  typedef __m256 Float;
  typedef __mmask32 Mask;
  enum { CHANNELS = 32 };
  static INLINE Int load(const void* p) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  }
  static INLINE Float load_float(const void* p) {
    return _mm256_loadu_ps(static_cast<const float*>(p));
  }
  static INLINE Int load_some(Mask mask, const void* p) {
    return _mm256_maskz_loadu_epi8(mask, p);
  }
  static INLINE void store_some(void* p, Mask mask, Int v) {
    _mm256_mask_storeu_epi8(p, mask, v);
  }
  static INLINE Int flip(Int v) {
    return _mm256_xor_si256(v, _mm256_set1_epi32(static_cast<int32_t>(0x80808080u)));
  }
  static INLINE Int all(int32_t v) {
    return _mm256_set1_epi32(v);
  }
  static INLINE Int low8(Int a, Int b) {
    return _mm256_unpacklo_epi8(a, b);
  }
  static INLINE Int high8(Int a, Int b) {
    return _mm256_unpackhi_epi8(a, b);
  }
  static INLINE Int low16(Int a, Int b) {
    return _mm256_unpacklo_epi16(a, b);
  }
  static INLINE Int high16(Int a, Int b) {
    return _mm256_unpackhi_epi16(a, b);
  }
  static INLINE void dot(Int& sum, Int a, Int w) {
#if defined(SINTER_EMULATED)
    sum = _mm256_dpbusd_epi32(sum, a, w);
#else
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "vm"(w));
#endif
  }
  static INLINE Int round_scaled(Int sum, Float scale, float limit) {
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale), _mm256_set1_ps(limit)));
  }
  static INLINE Int words(Int a, Int b, int16_t zero_point) {
    return _mm256_adds_epi16(_mm256_packs_epi32(a, b), _mm256_set1_epi16(zero_point));
  }
  static INLINE Int bytes(Int a, Int b, int8_t minimum) {
    return _mm256_max_epi8(_mm256_packs_epi16(a, b), _mm256_set1_epi8(minimum));
  }
};

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
  const int step = V::CHANNELS;
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
  const int step = V::CHANNELS;
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

// `scales`: behind the block's bias. Packing with saturation puts the channels back in order.
template <bool U, class V>
INLINE void finish(const Sums<V>& sums, const char* scales, int8_t* out, typename V::Mask mask, const Epilogue& e) {
  const int step = V::CHANNELS;
  const typename V::Int low = V::words(V::round_scaled(sums.s0, V::load_float(scales), e.limit),
                                       V::round_scaled(sums.s1, V::load_float(scales + step), e.limit), e.zero_point);
  const typename V::Int high =
      V::words(V::round_scaled(sums.s2, V::load_float(scales + 2 * step), e.limit),
               V::round_scaled(sums.s3, V::load_float(scales + 3 * step), e.limit), e.zero_point);
  const typename V::Int bytes = V::bytes(low, high, e.minimum);
  V::store_some(out, mask, U ? V::flip(bytes) : bytes);
}

// ---- any kernel: one output pixel ------------------------------------------------------------------

template <bool U, class V>
INLINE typename V::Int load_masked(const int8_t* p, typename V::Mask mask) {
  const typename V::Int v = V::load_some(mask, p);
  return U ? v : V::flip(v);
}

template <bool U, class V>
INLINE void pixel_block(const int8_t* const* taps, int64_t quads, const char* weights, int64_t at,
                        typename V::Mask mask, int8_t* out, const Epilogue& e) {
  const int step = V::CHANNELS;
  Sums<V> sums = start<V>(weights);
  const char* w = weights + 8 * step;
  for (int64_t q = 0; q < quads; q++, taps += 4, w += 4 * step) {
    accumulate<U, V>(sums,
                     interleave<V>(load_masked<U, V>(taps[0] + at, mask), load_masked<U, V>(taps[1] + at, mask),
                                   load_masked<U, V>(taps[2] + at, mask), load_masked<U, V>(taps[3] + at, mask)),
                     w, V::all(q < quads - 1 ? e.lacking : e.lacking_last));
  }
  finish<U, V>(sums, weights + 4 * step, out + at, mask, e);
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
  if constexpr (OUT >= 0 && OUT < N) accumulate<U, V>(sums[OUT], taps, weights + TAP * 4 * V::CHANNELS, lacking);
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
template <bool U, int N, int STRIDE, class V, class Source>
INLINE void block3x3(const Source& source, const char* weights, typename V::Mask mask, typename V::Mask last_mask,
                     int64_t step, int8_t* out, const Epilogue& e) {
  Sums<V> sums[N];
  sums[0] = start<V>(weights);
  if constexpr (N > 1) sums[1] = sums[0];
  if constexpr (N > 2) sums[2] = sums[0];
  if constexpr (N > 3) sums[3] = sums[0];
  columns<U, 0, STRIDE, V, N>(sums, source, weights + 8 * V::CHANNELS, V::all(e.lacking_last));
  const char* scales = weights + 4 * V::CHANNELS;
  finish<U, V>(sums[0], scales, out, N > 1 ? mask : last_mask, e);
  if constexpr (N > 1) finish<U, V>(sums[1], scales, out + step, N > 2 ? mask : last_mask, e);
  if constexpr (N > 2) finish<U, V>(sums[2], scales, out + 2 * step, N > 3 ? mask : last_mask, e);
  if constexpr (N > 3) finish<U, V>(sums[3], scales, out + 3 * step, last_mask, e);
}

// Calls wide(weights, channel, mask) for blocks of 64 channels, then for what is left one of the two.
template <class WideFn, class NarrowFn>
INLINE void for_each_block(int64_t channels, const char* weights, int64_t quads, const WideFn& wide,
                           const NarrowFn& narrow) {
  const int64_t wide_bytes = 64 * (8 + 4 * quads);
  int64_t at = 0;
  for (; at + 64 <= channels; at += 64, weights += wide_bytes) wide(weights, at, ~__mmask64{0});
  const int64_t rest = channels - at;
  if (rest <= 0) return;
  if (rest > 32 || depthwise_repeats(channels)) {
    wide(weights, at, (__mmask64{1} << rest) - 1);
    return;
  }
  narrow(weights, at, static_cast<__mmask32>((uint64_t{1} << rest) - 1));
}

template <bool U, int N, int STRIDE>
void outputs3x3(const int8_t* const* table, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  constexpr int count = STRIDE * (N - 1) + 3;
  for_each_block(
      channels, weights, 3,
      [&](const char* w, int64_t at, __mmask64 mask) __attribute__((always_inline)) {
        block3x3<U, N, STRIDE, Wide>(ByAddress<U, Wide, count>{table, at, mask}, w, mask, mask, channels, out + at, e);
      },
      [&](const char* w, int64_t at, __mmask32 mask) __attribute__((always_inline)) {
        block3x3<U, N, STRIDE, Narrow>(ByAddress<U, Narrow, count>{table, at, mask}, w, mask, mask, channels, out + at,
                                       e);
      });
}

typedef void (*Outputs)(const int8_t* const*, const char*, int64_t, int8_t*, const Epilogue&);
template <bool U>
struct Table3x3 {
  static constexpr Outputs by_stride_and_count[2][4] = {
      {outputs3x3<U, 1, 1>, outputs3x3<U, 2, 1>, outputs3x3<U, 3, 1>, outputs3x3<U, 4, 1>},
      {outputs3x3<U, 1, 2>, outputs3x3<U, 2, 2>, outputs3x3<U, 3, 2>, outputs3x3<U, 4, 2>},
  };
};

template <bool U>
void row3x3(const DepthwiseRow& r, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  const DepthwiseParams& p = *r.p;
  for (int64_t x = 0; x < p.out_w; x += 4) {
    const int64_t n = depthwise_columns3x3(r, x, 4);
    Table3x3<U>::by_stride_and_count[p.stride_w - 1][n - 1](r.table, weights, channels, out + x * channels, e);
  }
}

// ---- 3x3, few channels: vectors of 64 / CHANNELS outputs side by side -------------------------------

// The pixels under them, for one tap: neighbours, or every other one of two vectors.
template <int CHANNELS, int STRIDE>
struct Side {
  enum {
    PIXELS = 64 / CHANNELS,
    STEP = PIXELS * STRIDE,  // pixels of the input from vector to vector
    // Two pixels on, a column is one vector's last tap and the next one's first. Else vectors share none.
    MOST = STEP == 2 ? 4 : 1,
    COLUMNS = STEP == 2 ? 2 : 3,  // from vector to vector
  };
  static constexpr int64_t offset(int column) {
    return int64_t{column / COLUMNS * STEP + column % COLUMNS} * CHANNELS;
  }
  static constexpr int64_t bytes(int n) {  // under n vectors
    return offset(COLUMNS * (n - 1) + 2) + 64 * STRIDE;
  }
  static INLINE __m512i every_other(__m512i a, __m512i b) {
    const __m512i order = _mm512_set_epi32(at(15), at(14), at(13), at(12), at(11), at(10), at(9), at(8), at(7), at(6),
                                           at(5), at(4), at(3), at(2), at(1), at(0));
    return _mm512_permutex2var_epi32(a, order, b);
  }
  static constexpr int at(int i) {
    return i / (CHANNELS / 4) * 2 * (CHANNELS / 4) + i % (CHANNELS / 4);
  }
};

template <bool U, int CHANNELS, int STRIDE>
struct Inside : Side<CHANNELS, STRIDE> {
  const int8_t* rows[3];
  template <int COLUMN>
  INLINE __m512i load(int row) const {
    const int8_t* p = rows[row] + this->offset(COLUMN);
    __m512i v = _mm512_loadu_si512(p);
    if constexpr (STRIDE == 2) v = this->every_other(v, _mm512_loadu_si512(p + 64));
    return U ? v : Wide::flip(v);
  }
};

// The same where bytes before `begin` and from `end` on are not the row's, but the zero point.
template <bool U, int CHANNELS, int STRIDE>
struct AtSide : Side<CHANNELS, STRIDE> {
  const int8_t* rows[3];
  int64_t begin, end;
  __m512i zero;
  template <int COLUMN>
  INLINE __m512i load(int row) const {
    __m512i v = some(row, this->offset(COLUMN));
    if constexpr (STRIDE == 2) v = this->every_other(v, some(row, this->offset(COLUMN) + 64));
    return U ? v : Wide::flip(v);
  }
  INLINE __m512i some(int row, int64_t from) const {
    const __mmask64 mask = below(end - from) & ~below(begin - from);
    return _mm512_mask_blend_epi8(mask, zero, _mm512_maskz_loadu_epi8(mask, rows[row] + from));
  }
  static INLINE __mmask64 below(int64_t count) {
    return count <= 0 ? 0 : count >= 64 ? ~__mmask64{0} : (__mmask64{1} << count) - 1;
  }
};

template <bool U, int CHANNELS, int STRIDE>
void row_side3x3(const DepthwiseRow& r, const char* weights, int64_t, int8_t* out, const Epilogue& e) {
  typedef Side<CHANNELS, STRIDE> S;
  const DepthwiseParams& p = *r.p;
  const int64_t row_bytes = int64_t{p.in_w} * CHANNELS;
  const __mmask64 all = ~__mmask64{0};
  Inside<U, CHANNELS, STRIDE> inside;
  AtSide<U, CHANNELS, STRIDE> at_side;
  at_side.zero = _mm512_set1_epi8(static_cast<char>(p.in_zero_point));
  for (int64_t x = 0; x < p.out_w;) {
    const int64_t first = (x * STRIDE - p.pad_left) * CHANNELS;
    int8_t* to = out + x * CHANNELS;
    // Rows outside the image: the zero point, over and over.
    for (int i = 0; i < 3; i++) inside.rows[i] = r.rows[i] ? r.rows[i] + first : r.zero;
    if (first >= 0 && first + S::bytes(S::MOST) <= row_bytes && x + S::MOST * S::PIXELS <= p.out_w) {
      block3x3<U, S::MOST, S::COLUMNS, Wide>(inside, weights, all, all, 64, to, e);
      x += S::MOST * S::PIXELS;
      continue;
    }
    const int64_t valid = (p.out_w - x) * CHANNELS;
    const __mmask64 mask = valid < 64 ? (__mmask64{1} << valid) - 1 : all;
    if (first >= 0 && first + S::bytes(1) <= row_bytes) {
      block3x3<U, 1, S::COLUMNS, Wide>(inside, weights, mask, mask, 64, to, e);
    } else {
      for (int i = 0; i < 3; i++) at_side.rows[i] = inside.rows[i];
      at_side.begin = -first;
      at_side.end = row_bytes - first;
      block3x3<U, 1, S::COLUMNS, Wide>(at_side, weights, mask, mask, 64, to, e);
    }
    x += S::PIXELS;
  }
}

template <bool U>
void row_any(const DepthwiseRow& r, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  const DepthwiseParams& p = *r.p;
  const int64_t quads = depthwise_quads(p);
  for (int64_t x = 0; x < p.out_w; x++) {
    for (int64_t t = 0; t < quads * 4; t++) {
      const int64_t tap = depthwise_quad_tap(p, t);
      const int64_t i = tap / p.kernel_w, j = tap % p.kernel_w;
      r.table[t] = tap < 0 ? r.zero : depthwise_pixel(r, i, x * p.stride_w + j * p.dilation_w - p.pad_left);
    }
    int8_t* pixel = out + x * channels;
    for_each_block(
        channels, weights, quads,
        [&](const char* w, int64_t at, __mmask64 mask)
            __attribute__((always_inline)) { pixel_block<U, Wide>(r.table, quads, w, at, mask, pixel, e); },
        [&](const char* w, int64_t at, __mmask32 mask)
            __attribute__((always_inline)) { pixel_block<U, Narrow>(r.table, quads, w, at, mask, pixel, e); });
  }
}

typedef void (*Row)(const DepthwiseRow&, const char*, int64_t, int8_t*, const Epilogue&);

template <bool U>
Row row_for(const DepthwiseParams& p, int64_t channels) {
  const bool narrow_step = p.stride_w == 1;
  if (p.kernel_h != 3 || p.kernel_w != 3 || p.stride_w > 2 || p.dilation_w != 1) return row_any<U>;
  switch (p.multiplier == 1 ? channels : 0) {
    case 4:
      return narrow_step ? row_side3x3<U, 4, 1> : row_side3x3<U, 4, 2>;
    case 8:
      return narrow_step ? row_side3x3<U, 8, 1> : row_side3x3<U, 8, 2>;
    case 16:
      return narrow_step ? row_side3x3<U, 16, 1> : row_side3x3<U, 16, 2>;
    case 32:
      return narrow_step ? row_side3x3<U, 32, 1> : row_side3x3<U, 32, 2>;
    default:
      return row3x3<U>;
  }
}

template <bool U>
INLINE void run(const Call* call) {
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
  const Row row_fn = row_for<U>(p, channels);
  parallel_for(call->workers, rows, [&](int64_t row, int thread) {
    const DepthwiseRow r = depthwise_row(call, scratch, row, thread, span);
    row_fn(r, weights, channels, out + row * p.out_w * channels, e);
  });
}

}  // namespace

void depthwise_s8s8s8_avx512vnni(const Call* call) {
  run<false>(call);
}
void depthwise_u8u8u8_avx512vnni(const Call* call) {
  run<true>(call);
}

}  // namespace sinter
