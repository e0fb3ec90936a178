// The AVX2 int8 micro-kernel, shared by gemm and conv: a few rows of int16 activations times a tile of
// 16 columns. Only for files that are built for AVX2; everything has internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// vpmaddwd multiplies pairs along k and adds them into int32, exactly. Per pair of k and 6 rows:
// 2 widening loads of weights, 6 broadcasts, 12 vpmaddwd, 12 vpaddd: on Zen 3 (two vpmaddwd a cycle)
// at best 6.5 cycles for 192 products.
#ifndef SINTER_KERNELS_GEMM_TILE_AVX2_H_
#define SINTER_KERNELS_GEMM_TILE_AVX2_H_

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernels/gemm/packing.h"

namespace sinter {
namespace {

struct Epilogue {
  __m256 highest;  // out_max - zero point
  __m256i zero_point;
  __m128i out_min;
};

inline Epilogue make_epilogue(int32_t zero_point, int32_t out_min, int32_t out_max) {
  return {_mm256_set1_ps(static_cast<float>(out_max - zero_point)), _mm256_set1_epi16(static_cast<int16_t>(zero_point)),
          _mm_set1_epi8(static_cast<char>(out_min))};
}

inline __m256i to_int(__m256 value) {
#if defined(SINTER_MUTATION_FLIPPED_ROUNDING)
  return _mm256_cvttps_epi32(value);
#else
  return _mm256_cvtps_epi32(value);
#endif
}

// 16 sums to 16 bytes.
inline __m128i requantize(__m256i low, __m256i high, __m256 scale_low, __m256 scale_high, const Epilogue& e) {
  const __m256 f0 = _mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(low), scale_low), e.highest);
  const __m256 f1 = _mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(high), scale_high), e.highest);
  __m256i q = _mm256_packs_epi32(to_int(f0), to_int(f1));  // low0-3 high0-3 low4-7 high4-7
  q = _mm256_adds_epi16(_mm256_permute4x64_epi64(q, 0xd8), e.zero_point);
  return _mm_max_epi8(_mm_packs_epi16(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1)), e.out_min);
}

inline __m256i pair(const int16_t* a) {
  int32_t two;
  memcpy(&two, a, 4);
  return _mm256_set1_epi32(two);
}

inline __m256i widen16(const int8_t* in) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
}
inline __m256i widen16(const uint8_t* in) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
}
inline __m256i widen16(const int16_t* in) {  // is wide already
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
}

// Rows of int16 that a tile meets, `stride` values apart: each is `runs` runs of 2 * pairs values, `pitch` apart.
struct PairRows {
  const int16_t* a;
  int64_t stride, pairs, runs, pitch;
};
inline PairRows pair_rows(const int16_t* a, int64_t stride, int64_t pairs) {
  return {a, stride, pairs, 1, 0};
}

#define SINTER_ROWS_6(X) X(0) X(1) X(2) X(3) X(4) X(5)

// Sums of ROWS rows with the weights w of 16 columns, starting at a bias; out[2 * r], out[2 * r + 1]. NARROW: of the
// first 8 columns alone. W: int8_t, or int16_t. The accumulators have names, so that they stay in registers.
template <int ROWS, bool NARROW = false, class W>
inline void pair_sums(const PairRows& rows, const W* w, __m256i bias_low, __m256i bias_high, __m256i* out) {
#define SINTER_DECLARE(r) __m256i low##r = bias_low, high##r = bias_high;
  SINTER_ROWS_6(SINTER_DECLARE)
#undef SINTER_DECLARE
  const int16_t* run = rows.a;
  const int64_t stride = rows.stride;
  for (int64_t i = 0; i < rows.runs; i++, run += rows.pitch) {
    const int16_t* a = run;
    for (int64_t g = 0; g < rows.pairs; g++, w += 32, a += 2) {
      const __m256i w0 = widen16(w), w1 = NARROW ? w0 : widen16(w + 16);
#define SINTER_STEP(r)                                                          \
  if (r < ROWS) {                                                               \
    const __m256i x = pair(a + r * stride);                                     \
    low##r = _mm256_add_epi32(low##r, _mm256_madd_epi16(x, w0));                \
    if (!NARROW) high##r = _mm256_add_epi32(high##r, _mm256_madd_epi16(x, w1)); \
  }
      SINTER_ROWS_6(SINTER_STEP)
#undef SINTER_STEP
    }
  }
#define SINTER_STORE(r)       \
  if (r < ROWS) {             \
    out[2 * r] = low##r;      \
    out[2 * r + 1] = high##r; \
  }
  SINTER_ROWS_6(SINTER_STORE)
#undef SINTER_STORE
}

// The same without a bias.
template <int ROWS, class W>
inline void pair_sums(const PairRows& rows, const W* w, __m256i* out) {
  pair_sums<ROWS>(rows, w, _mm256_setzero_si256(), _mm256_setzero_si256(), out);
}

inline const int8_t* tile_weights(const char* tile) {
  return reinterpret_cast<const int8_t*>(tile + tile_header_bytes(tile_form_avx2));
}
inline __m256i tile_bias(const char* tile, int half) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(tile + 32 * half));
}

// The same for `columns` columns of a tile with its bias in front.
template <int ROWS>
inline void tile_sums(const PairRows& rows, const char* tile, int columns, __m256i* out) {
  if (columns <= 8) {
    pair_sums<ROWS, true>(rows, tile_weights(tile), tile_bias(tile, 0), tile_bias(tile, 1), out);
  } else {
    pair_sums<ROWS>(rows, tile_weights(tile), tile_bias(tile, 0), tile_bias(tile, 1), out);
  }
}

// One row by four tiles, one_tile bytes apart, at once: their ends cost a row of few k more than its products.
constexpr int ROW_TILES = 4;
inline void row_sums(const int16_t* a, int64_t pairs, const char* tiles, int64_t one_tile, __m256i* out) {
  const int8_t *w0 = tile_weights(tiles), *w1 = w0 + one_tile, *w2 = w1 + one_tile, *w3 = w2 + one_tile;
#define SINTER_TILES_4(X) X(0) X(1) X(2) X(3)
#define SINTER_DECLARE(t) \
  __m256i low##t = tile_bias(tiles + t * one_tile, 0), high##t = tile_bias(tiles + t * one_tile, 1);
  SINTER_TILES_4(SINTER_DECLARE)
#undef SINTER_DECLARE
  for (int64_t g = 0; g < pairs; g++) {
    const __m256i x = pair(a + 2 * g);
#define SINTER_STEP(t)                                                             \
  low##t = _mm256_add_epi32(low##t, _mm256_madd_epi16(x, widen16(w##t + 32 * g))); \
  high##t = _mm256_add_epi32(high##t, _mm256_madd_epi16(x, widen16(w##t + 32 * g + 16)));
    SINTER_TILES_4(SINTER_STEP)
#undef SINTER_STEP
  }
#define SINTER_STORE(t) \
  out[2 * t] = low##t;  \
  out[2 * t + 1] = high##t;
  SINTER_TILES_4(SINTER_STORE)
#undef SINTER_STORE
#undef SINTER_TILES_4
}

inline void store_bytes(int8_t* out, __m128i value, int columns) {
  if (columns >= 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), value);
    return;
  }
  alignas(16) int8_t bytes[16];
  _mm_store_si128(reinterpret_cast<__m128i*>(bytes), value);
  memcpy(out, bytes, static_cast<size_t>(columns));
}

// ROWS rows of sums to `columns` (1..16) int8 results, rows of c ldc bytes apart.
template <int ROWS>
inline void store_s8(const __m256i* sums, const char* tile, int8_t* c, int64_t ldc, int columns, const Epilogue& e) {
  const __m256 scale_low = _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 64));
  const __m256 scale_high = _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 96));
  for (int r = 0; r < ROWS; r++) {
    store_bytes(c + r * ldc, requantize(sums[2 * r], sums[2 * r + 1], scale_low, scale_high, e), columns);
  }
}

// The same for uint8 results; e is that of the s8 (result - 128). lacking[r]: what row r's sums lack.
template <int ROWS>
inline void store_u8(const __m256i* sums, const char* tile, uint8_t* c, int64_t ldc, int columns, const Epilogue& e,
                     const int32_t* lacking) {
  const __m256 scale_low = _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 64));
  const __m256 scale_high = _mm256_loadu_ps(reinterpret_cast<const float*>(tile + 96));
  for (int r = 0; r < ROWS; r++) {
    const __m256i more = _mm256_set1_epi32(lacking[r]);
    const __m128i bytes = requantize(_mm256_add_epi32(sums[2 * r], more), _mm256_add_epi32(sums[2 * r + 1], more),
                                     scale_low, scale_high, e);
    store_bytes(reinterpret_cast<int8_t*>(c + r * ldc), _mm_xor_si128(bytes, _mm_set1_epi8(-128)), columns);
  }
}

// The same for plain int32 sums; ldc counts elements.
template <int ROWS>
inline void store_s32(const __m256i* sums, char* c, int64_t ldc, int columns) {
  for (int r = 0; r < ROWS; r++) {
    if (columns == 16) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + 4 * r * ldc), sums[2 * r]);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + 4 * r * ldc + 32), sums[2 * r + 1]);
    } else {
      memcpy(c + 4 * r * ldc, &sums[2 * r], static_cast<size_t>(4 * columns));
    }
  }
}

// One tile of int8 or uint8 results: ROWS rows, `columns` columns.
template <int ROWS>
inline void tile_s8(const PairRows& rows, const char* tile, int8_t* c, int64_t ldc, int columns, const Epilogue& e) {
  __m256i sums[12];
  tile_sums<ROWS>(rows, tile, columns, sums);
  store_s8<ROWS>(sums, tile, c, ldc, columns, e);
}
template <int ROWS>
inline void tile_u8(const PairRows& rows, const char* tile, uint8_t* c, int64_t ldc, int columns, const Epilogue& e,
                    const int32_t* lacking) {
  __m256i sums[12];
  tile_sums<ROWS>(rows, tile, columns, sums);
  store_u8<ROWS>(sums, tile, c, ldc, columns, e, lacking);
}

template <int N>
struct Rows {
  enum { value = N };
};

// Calls f with the number of rows as a constant.
template <class F>
inline void with_rows(int64_t rows, const F& f) {
  switch (rows) {
    case 1:
      f(Rows<1>());
      break;
    case 2:
      f(Rows<2>());
      break;
    case 3:
      f(Rows<3>());
      break;
    case 4:
      f(Rows<4>());
      break;
    case 5:
      f(Rows<5>());
      break;
    default:
      f(Rows<6>());
      break;
  }
}

inline __m128i widen8(const int8_t* in) {
  return _mm_cvtepi8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(in)));
}
inline __m128i widen8(const uint8_t* in) {
  return _mm_cvtepu8_epi16(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(in)));
}

// Widens `count` bytes; reads and writes exactly those.
template <class T>
inline void widen(const T* in, int64_t count, int16_t* out) {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), widen16(in + i));
  const int64_t left = count - i;
  if (left == 0) return;
  if (count >= 16) {  // one more vector that overlaps the last
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + count - 16), widen16(in + count - 16));
    return;
  }
  if (left >= 8) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), widen8(in));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + left - 8), widen8(in + left - 8));
    return;
  }
  for (; i < count; i++) out[i] = in[i];
}

// The sum of 8 sums.
inline int32_t total(__m256i sums) {
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
  return _mm_cvtsi128_si32(half);
}

// factor * the sum of k values of a panel's row, modulo 2^32.
inline int32_t scaled_row_sum(const int16_t* row, int64_t k, int32_t factor) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums = _mm256_setzero_si256();
  int64_t i = 0;
  for (; i + 16 <= k; i += 16) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + i));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(x, ones));
  }
  int32_t sum = total(sums);
  for (; i < k; i++) sum += row[i];
  return static_cast<int32_t>(static_cast<uint32_t>(sum) * static_cast<uint32_t>(factor));
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AVX2_H_
