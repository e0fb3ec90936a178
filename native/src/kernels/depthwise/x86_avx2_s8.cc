// depthwise, int8 and uint8, AVX2: two taps of eight channels per vpmaddwd; 3x3 kernels share unpacked columns.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "core/workers.h"
#include "kernels/depthwise/s8.h"

namespace sinter {
namespace {

#define INLINE inline __attribute__((always_inline))

// The requantization's constants.
struct Epilogue {
  __m256 limit;
  __m256i zero_point;
  __m256i minimum;
  __m256i flip;  // uint8 results: of the s8 (result - 128)
};

// Addresses are those of bytes; U: the bytes are unsigned.
template <bool U>
INLINE __m256i widen(__m128i bytes) {
  return U ? _mm256_cvtepu8_epi16(bytes) : _mm256_cvtepi8_epi16(bytes);
}
template <bool U>
INLINE __m256i widen(const int8_t* p) {
  return widen<U>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
INLINE __m256i load(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}

INLINE __m256i round_scaled(__m256i acc, __m256 scale, const Epilogue& e) {
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(acc), scale), e.limit));
}
// 16 channels in order as s16 with the zero point added.
INLINE __m256i requantize16(__m256i lo, __m256i hi, __m256 scale_lo, __m256 scale_hi, const Epilogue& e) {
  const __m256i packed = _mm256_packs_epi32(round_scaled(lo, scale_lo, e), round_scaled(hi, scale_hi, e));
  return _mm256_adds_epi16(packed, e.zero_point);
}
// Two outputs' 16 channels: the first one in the low half.
INLINE __m256i narrow(__m256i first, __m256i second, const Epilogue& e) {
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(first, second), 0xd8);
  return _mm256_xor_si256(_mm256_max_epi8(bytes, e.minimum), e.flip);
}

// The low `count` (1..16) bytes.
INLINE void store_some(int8_t* out, __m128i v, int64_t count) {
  if (count == 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), v);
    return;
  }
  if (count & 8) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), v);
    v = _mm_unpackhi_epi64(v, v);
    out += 8;
  }
  uint64_t rest = static_cast<uint64_t>(_mm_cvtsi128_si64(v));
  if (count & 4) {
    memcpy(out, &rest, 4);
    rest >>= 32;
    out += 4;
  }
  if (count & 2) {
    memcpy(out, &rest, 2);
    rest >>= 16;
    out += 2;
  }
  if (count & 1) *out = static_cast<int8_t>(rest);
}

// ---- any kernel: one output pixel, taps by address ------------------------------------------------

template <bool U>
void pixel(const int8_t* const* taps, int64_t from, int64_t pairs, const char* weights, int64_t channels, int8_t* out,
           const Epilogue& e) {
  const int64_t last = channels > 16 ? channels - 16 : 0;
  for (int64_t c = 0; c < channels; c += 16) {
    const int64_t at = c < last ? c : last;
    __m256i lo = load(weights), hi = load(weights + 32);
    const __m256 scale_lo = _mm256_castsi256_ps(load(weights + 64)), scale_hi = _mm256_castsi256_ps(load(weights + 96));
    weights += 128;
    for (int64_t p = 0; p < pairs; p++) {
      const __m256i a = widen<U>(taps[2 * p] + from + at), b = widen<U>(taps[2 * p + 1] + from + at);
      lo = _mm256_add_epi32(lo, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), load(weights)));
      hi = _mm256_add_epi32(hi, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), load(weights + 32)));
      weights += 64;
    }
    const __m256i words = requantize16(lo, hi, scale_lo, scale_hi, e);
    store_some(out + at, _mm256_castsi256_si128(narrow(words, words, e)), channels < 16 ? channels : 16);
  }
}

// At most eight channels: bytes are unpacked first, so that one register holds all of a pair.
template <bool U>
void narrow_pixel(const int8_t* const* taps, int64_t from, int64_t pairs, const char* weights, int64_t channels,
                  int8_t* out, const Epilogue& e) {
  __m256i acc = load(weights);
  const __m256 scale = _mm256_castsi256_ps(load(weights + 32));
  weights += 64;
  for (int64_t p = 0; p < pairs; p++) {
    const __m128i a = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(taps[2 * p] + from));
    const __m128i b = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(taps[2 * p + 1] + from));
    const __m256i pair = widen<U>(_mm_unpacklo_epi8(a, b));
    acc = _mm256_add_epi32(acc, _mm256_madd_epi16(pair, load(weights)));
    weights += 32;
  }
  const __m256i rounded = round_scaled(acc, scale, e);
  __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1));
  words = _mm_adds_epi16(words, _mm256_castsi256_si128(e.zero_point));
  const __m128i bytes = _mm_xor_si128(_mm_max_epi8(_mm_packs_epi16(words, words), _mm256_castsi256_si128(e.minimum)),
                                      _mm256_castsi256_si128(e.flip));
  if (channels == 8) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), bytes);
  } else {
    store_some(out, bytes, channels);
  }
}

// ---- 3x3: N outputs side by side ------------------------------------------------------------------
// An input column's first two rows are unpacked once into pairs for the up to three outputs over it;
// the third row is paired with its right neighbour. Pairs of weights (s8.h): 0..2 the columns, 3 the
// last row's first two taps, 4 its last.

template <int N>
struct Sums {
  __m256i lo[N], hi[N];
};

template <int OUT, int PAIR, int N>
INLINE void accumulate(Sums<N>& sums, __m256i lo, __m256i hi, const char* weights) {
  if constexpr (OUT >= 0 && OUT < N) {
    sums.lo[OUT] = _mm256_add_epi32(sums.lo[OUT], _mm256_madd_epi16(lo, load(weights + PAIR * 64)));
    sums.hi[OUT] = _mm256_add_epi32(sums.hi[OUT], _mm256_madd_epi16(hi, load(weights + PAIR * 64 + 32)));
  }
}
// Output (column - tap) / stride when that is whole, else -1.
constexpr int output_at(int column, int tap, int stride) {
  return column >= tap && (column - tap) % stride == 0 ? (column - tap) / stride : -1;
}

template <int COLUMN, int STRIDE, bool U, int N>
INLINE void columns(Sums<N>& sums, const int8_t* const* table, int64_t at, const char* weights, __m256i before) {
  constexpr int count = STRIDE * (N - 1) + 3;
  if constexpr (COLUMN < count) {
    const __m256i y0 = widen<U>(table[COLUMN] + at), y1 = widen<U>(table[count + COLUMN] + at);
    const __m256i lo = _mm256_unpacklo_epi16(y0, y1), hi = _mm256_unpackhi_epi16(y0, y1);
    accumulate<output_at(COLUMN, 0, STRIDE), 0>(sums, lo, hi, weights);
    accumulate<output_at(COLUMN, 1, STRIDE), 1>(sums, lo, hi, weights);
    accumulate<output_at(COLUMN, 2, STRIDE), 2>(sums, lo, hi, weights);
    const __m256i y2 = widen<U>(table[2 * count + COLUMN] + at);
    constexpr int first = output_at(COLUMN - 1, 0, STRIDE), last = output_at(COLUMN - 1, 2, STRIDE);
    if constexpr (COLUMN > 0 && (first >= 0 || last >= 0)) {
      const __m256i row_lo = _mm256_unpacklo_epi16(before, y2), row_hi = _mm256_unpackhi_epi16(before, y2);
      accumulate<first, 3>(sums, row_lo, row_hi, weights);
      accumulate<last, 4>(sums, row_lo, row_hi, weights);
    }
    columns<COLUMN + 1, STRIDE, U>(sums, table, at, weights, y2);
  } else {
    accumulate<N - 1, 4>(sums, _mm256_unpacklo_epi16(before, before), _mm256_unpackhi_epi16(before, before), weights);
  }
}

template <int N>
INLINE void store(const Sums<N>& sums, const char* weights, int8_t* out, int64_t channels, int64_t at, int64_t count,
                  const Epilogue& e) {
  const __m256 scale_lo = _mm256_castsi256_ps(load(weights + 64)), scale_hi = _mm256_castsi256_ps(load(weights + 96));
  out += at;
  for (int n = 0; n < N; n += 2) {
    const int second = n + 1 < N ? n + 1 : n;
    const __m256i bytes = narrow(requantize16(sums.lo[n], sums.hi[n], scale_lo, scale_hi, e),
                                 requantize16(sums.lo[second], sums.hi[second], scale_lo, scale_hi, e), e);
    store_some(out + n * channels, _mm256_castsi256_si128(bytes), count);
    if (second != n) store_some(out + second * channels, _mm256_extracti128_si256(bytes, 1), count);
  }
}

template <int N, int STRIDE, bool U>
void outputs3x3(const int8_t* const* table, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  const int64_t last = channels > 16 ? channels - 16 : 0;
  const int64_t count = channels < 16 ? channels : 16;
  for (int64_t c = 0; c < channels; c += 16) {
    const int64_t at = c < last ? c : last;
    const __m256i lo = load(weights), hi = load(weights + 32);
    Sums<N> sums;
    sums.lo[0] = lo, sums.hi[0] = hi;
    if constexpr (N > 1) sums.lo[1] = lo, sums.hi[1] = hi;
    if constexpr (N > 2) sums.lo[2] = lo, sums.hi[2] = hi;
    if constexpr (N > 3) sums.lo[3] = lo, sums.hi[3] = hi;
    columns<0, STRIDE, U>(sums, table, at, weights + 128, lo);
    store<N>(sums, weights, out, channels, at, count, e);
    weights += 128 + 5 * 64;
  }
}

typedef void (*Outputs)(const int8_t* const*, const char*, int64_t, int8_t*, const Epilogue&);
template <bool U>
struct Table3x3 {
  static constexpr Outputs by_stride_and_count[2][4] = {
      {outputs3x3<1, 1, U>, outputs3x3<2, 1, U>, outputs3x3<3, 1, U>, outputs3x3<4, 1, U>},
      {outputs3x3<1, 2, U>, outputs3x3<2, 2, U>, outputs3x3<3, 2, U>, outputs3x3<4, 2, U>},
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

template <bool U>
void row_any(const DepthwiseRow& r, const char* weights, int64_t channels, int8_t* out, const Epilogue& e) {
  const DepthwiseParams& p = *r.p;
  const int64_t pairs = depthwise_pairs(p), step = p.stride_w * r.pitch;
  const bool narrow = depthwise_narrow(p);
  const auto output = [&](int64_t x, int64_t further) {
    (narrow ? narrow_pixel<U> : pixel<U>)(r.table, further, pairs, weights, channels, out + x * channels, e);
  };
  const DepthwiseInside inside = depthwise_inside(r);
  for (int64_t x = 0; x < p.out_w; x++) {
    if (x > inside.begin && x < inside.end) {
      output(x, (x - inside.begin) * step);
    } else {
      depthwise_pair_table(r, x);
      output(x, 0);
    }
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
  const int64_t span = depthwise_narrow(p) ? 8 : 16;
  depthwise_prepare(call, scratch, span);
  const int32_t shift = U ? 128 : 0;
  const Epilogue e = {_mm256_set1_ps(static_cast<float>(p.out_max - p.out_zero_point)),
                      _mm256_set1_epi16(static_cast<int16_t>(p.out_zero_point - shift)),
                      _mm256_set1_epi8(static_cast<char>(p.out_min - shift)), _mm256_set1_epi8(U ? -128 : 0)};
  const bool fast = p.kernel_h == 3 && p.kernel_w == 3 && p.stride_w <= 2 && p.dilation_w == 1 && !depthwise_narrow(p);
  parallel_for(call->workers, rows, [&](int64_t row, int thread) {
    const DepthwiseRow r = depthwise_row(call, scratch, row, thread, span);
    (fast ? row3x3<U> : row_any<U>)(r, weights, channels, out + row * p.out_w * channels, e);
  });
}

}  // namespace

void depthwise_s8s8s8_avx2(const Call* call) {
  run<false>(call);
}
void depthwise_u8u8u8_avx2(const Call* call) {
  run<true>(call);
}

}  // namespace sinter
