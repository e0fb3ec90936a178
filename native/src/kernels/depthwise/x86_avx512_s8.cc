// depthwise, int8, AVX-512 VNNI: four taps of 64 (or 32) channels per four vpdpbusd; a 3x3 kernel's
// column is one such four, unpacked once for the up to three outputs over it.
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
  int16_t zero_point;
  int8_t minimum;
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

template <class V>
INLINE void accumulate(Sums<V>& sums, const Sums<V>& taps, const char* weights) {
  const int step = V::CHANNELS;
  V::dot(sums.s0, taps.s0, V::load(weights));
  V::dot(sums.s1, taps.s1, V::load(weights + step));
  V::dot(sums.s2, taps.s2, V::load(weights + 2 * step));
  V::dot(sums.s3, taps.s3, V::load(weights + 3 * step));
}

// `scales`: behind the block's bias. Packing with saturation puts the channels back in order.
template <class V>
INLINE void finish(const Sums<V>& sums, const char* scales, int8_t* out, typename V::Mask mask, const Epilogue& e) {
  const int step = V::CHANNELS;
  const typename V::Int low = V::words(V::round_scaled(sums.s0, V::load_float(scales), e.limit),
                                       V::round_scaled(sums.s1, V::load_float(scales + step), e.limit), e.zero_point);
  const typename V::Int high =
      V::words(V::round_scaled(sums.s2, V::load_float(scales + 2 * step), e.limit),
               V::round_scaled(sums.s3, V::load_float(scales + 3 * step), e.limit), e.zero_point);
  V::store_some(out, mask, V::bytes(low, high, e.minimum));
}

// ---- any kernel: one output pixel ------------------------------------------------------------------

template <class V>
INLINE void pixel_block(const int8_t* const* taps, int64_t quads, const char* weights, int64_t at,
                        typename V::Mask mask, int8_t* out, const Epilogue& e) {
  const int step = V::CHANNELS;
  Sums<V> sums = start<V>(weights);
  const char* w = weights + 8 * step;
  for (int64_t q = 0; q < quads; q++, taps += 4, w += 4 * step) {
    accumulate(sums,
               interleave<V>(V::flip(V::load_some(mask, taps[0] + at)), V::flip(V::load_some(mask, taps[1] + at)),
                             V::flip(V::load_some(mask, taps[2] + at)), V::flip(V::load_some(mask, taps[3] + at))),
               w);
  }
  finish<V>(sums, weights + 4 * step, out + at, mask, e);
}

// ---- 3x3: N outputs side by side --------------------------------------------------------------------

constexpr int output_at(int column, int tap, int stride) {
  return column >= tap && (column - tap) % stride == 0 ? (column - tap) / stride : -1;
}

template <int OUT, int TAP, class V, int N>
INLINE void add_tap(Sums<V> (&sums)[N], const Sums<V>& taps, const char* weights) {
  if constexpr (OUT >= 0 && OUT < N) accumulate(sums[OUT], taps, weights + TAP * 4 * V::CHANNELS);
}

template <int COLUMN, int STRIDE, class V, int N>
INLINE void columns(Sums<V> (&sums)[N], const int8_t* const* table, int64_t at, typename V::Mask mask,
                    const char* weights) {
  constexpr int count = STRIDE * (N - 1) + 3;
  if constexpr (COLUMN < count) {
    const typename V::Int y0 = V::flip(V::load_some(mask, table[COLUMN] + at));
    const typename V::Int y1 = V::flip(V::load_some(mask, table[count + COLUMN] + at));
    const typename V::Int y2 = V::flip(V::load_some(mask, table[2 * count + COLUMN] + at));
    const Sums<V> taps = interleave<V>(y0, y1, y2, y2);  // the fourth has weight zero
    add_tap<output_at(COLUMN, 0, STRIDE), 0>(sums, taps, weights);
    add_tap<output_at(COLUMN, 1, STRIDE), 1>(sums, taps, weights);
    add_tap<output_at(COLUMN, 2, STRIDE), 2>(sums, taps, weights);
    columns<COLUMN + 1, STRIDE, V, N>(sums, table, at, mask, weights);
  }
}

template <int N, int STRIDE, class V>
INLINE void block3x3(const int8_t* const* table, const char* weights, int64_t at, typename V::Mask mask,
                     int64_t channels, int8_t* out, const Epilogue& e) {
  Sums<V> sums[N];
  sums[0] = start<V>(weights);
  if constexpr (N > 1) sums[1] = sums[0];
  if constexpr (N > 2) sums[2] = sums[0];
  if constexpr (N > 3) sums[3] = sums[0];
  columns<0, STRIDE, V, N>(sums, table, at, mask, weights + 8 * V::CHANNELS);
  const char* scales = weights + 4 * V::CHANNELS;
  finish<V>(sums[0], scales, out + at, mask, e);
  if constexpr (N > 1) finish<V>(sums[1], scales, out + channels + at, mask, e);
  if constexpr (N > 2) finish<V>(sums[2], scales, out + 2 * channels + at, mask, e);
  if constexpr (N > 3) finish<V>(sums[3], scales, out + 3 * channels + at, mask, e);
}

// Calls wide(weights, channel, mask) for blocks of 64 channels, then for what is left one of the two.
template <class WideFn, class NarrowFn>
INLINE void for_each_block(int64_t channels, const char* weights, int64_t quads, const WideFn& wide,
                           const NarrowFn& narrow) {
  const int64_t wide_bytes = 64 * (8 + 4 * quads);
  int64_t at = 0;
  for (; at + 64 <= channels; at += 64, weights += wide_bytes) wide(weights, at, ~__mmask64{0});
  const int64_t rest = channels - at;
  if (rest > 32) wide(weights, at, (__mmask64{1} << rest) - 1);
  if (rest > 0 && rest <= 32) narrow(weights, at, static_cast<__mmask32>((uint64_t{1} << rest) - 1));
}

template <int N, int STRIDE>
void outputs3x3(const int8_t* const* table, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  for_each_block(
      channels, weights, 3,
      [&](const char* w, int64_t at, __mmask64 mask)
          __attribute__((always_inline)) { block3x3<N, STRIDE, Wide>(table, w, at, mask, channels, out, e); },
      [&](const char* w, int64_t at, __mmask32 mask)
          __attribute__((always_inline)) { block3x3<N, STRIDE, Narrow>(table, w, at, mask, channels, out, e); });
}

typedef void (*Outputs)(const int8_t* const*, const char*, int64_t, int8_t*, const Epilogue&);
const Outputs by_stride_and_count[2][4] = {
    {outputs3x3<1, 1>, outputs3x3<2, 1>, outputs3x3<3, 1>, outputs3x3<4, 1>},
    {outputs3x3<1, 2>, outputs3x3<2, 2>, outputs3x3<3, 2>, outputs3x3<4, 2>},
};

void row3x3(const DepthwiseRow& r, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  const DepthwiseParams& p = *r.p;
  for (int64_t x = 0; x < p.out_w; x += 4) {
    const int64_t n = depthwise_columns3x3(r, x, 4);
    by_stride_and_count[p.stride_w - 1][n - 1](r.table, weights, channels, out + x * channels, e);
  }
}

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
            __attribute__((always_inline)) { pixel_block<Wide>(r.table, quads, w, at, mask, pixel, e); },
        [&](const char* w, int64_t at, __mmask32 mask)
            __attribute__((always_inline)) { pixel_block<Narrow>(r.table, quads, w, at, mask, pixel, e); });
  }
}

}  // namespace

void depthwise_s8s8s8_avx512vnni(const Call* call) {
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
  const Epilogue e = {static_cast<float>(p.out_max - p.out_zero_point), static_cast<int16_t>(p.out_zero_point),
                      static_cast<int8_t>(p.out_min)};
  const bool fast = p.kernel_h == 3 && p.kernel_w == 3 && p.stride_w <= 2 && p.dilation_w == 1;
  parallel_for(call->workers, rows, [&](int64_t row, int thread) {
    const DepthwiseRow r = depthwise_row(call, scratch, row, thread, span);
    (fast ? row3x3 : row_any)(r, weights, channels, out + row * p.out_w * channels, e);
  });
}

}  // namespace sinter
