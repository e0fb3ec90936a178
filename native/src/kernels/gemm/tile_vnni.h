// The AVX-512 VNNI int8 micro-kernel, shared by gemm and conv: a few rows of activations as unsigned
// bytes times a tile of 64 columns. Only for files that are built for AVX-512; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// vpdpbusd multiplies unsigned by signed bytes, so rows are moved by 128 into a panel in scratch
// (packing.h folds the 128 into the bias). Per 4 values of k and 5 rows: 4 loads of weights, 5
// broadcasts from memory, 20 vpdpbusd; one vpdpbusd a cycle on Zen 4: 64 products a cycle.
#ifndef SINTER_KERNELS_GEMM_TILE_VNNI_H_
#define SINTER_KERNELS_GEMM_TILE_VNNI_H_

#include <stdint.h>
#include <string.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

#include "kernels/gemm/packing.h"

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
#define SINTER_ONE_INSTRUCTION __attribute__((noinline))  // emulated ones are long: inlined, they take minutes to build
#else
#define SINTER_ONE_INSTRUCTION inline
#endif

struct VnniEpilogue {
  __m512 highest;  // out_max - zero point
  __m512i zero_point;
  __m512i out_min;
};

inline VnniEpilogue make_vnni_epilogue(int32_t zero_point, int32_t out_min, int32_t out_max) {
  return {_mm512_set1_ps(static_cast<float>(out_max - zero_point)), _mm512_set1_epi32(zero_point),
          _mm512_set1_epi32(out_min)};
}

// GCC 12 keeps accumulators of the intrinsic in memory once there are many; the instruction itself
// stays in its register.
SINTER_ONE_INSTRUCTION void dot4(__m512i* sum, __m512i unsigned_bytes, __m512i signed_bytes) {
#if defined(SINTER_EMULATED)
  *sum = _mm512_dpbusd_epi32(*sum, unsigned_bytes, signed_bytes);
#else
  __asm__("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(unsigned_bytes), "v"(signed_bytes));
#endif
}

SINTER_ONE_INSTRUCTION __m512i four(const uint8_t* a) {
  int32_t bytes;
  memcpy(&bytes, a, 4);
  return _mm512_set1_epi32(bytes);
}

// 16 sums to 16 bytes, with the saturations of xnn.gemm: int16 before the zero point, then int8.
SINTER_ONE_INSTRUCTION __m128i vnni_requantize(__m512i sum, __m512 scale, const VnniEpilogue& e) {
  const __m512 value = _mm512_min_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale), e.highest);
  __m512i q = _mm512_max_epi32(_mm512_cvtps_epi32(value), _mm512_set1_epi32(-32768));
  q = _mm512_max_epi32(_mm512_add_epi32(q, e.zero_point), e.out_min);
  return _mm512_cvtsepi32_epi8(q);
}

#define SINTER_VNNI_ROWS(X) X(0) X(1) X(2) X(3) X(4)

// Sums of ROWS rows with one tile of 64 columns; out[4 * r + v]: columns 16 v .. 16 v + 15.
template <int ROWS>
inline void vnni_sums(const uint8_t* a, int64_t stride, const char* tile, int64_t groups, __m512i* out) {
#define SINTER_BIAS(v) _mm512_loadu_si512(tile + 64 * v)
#define SINTER_DECLARE(r) \
  __m512i s##r##0 = SINTER_BIAS(0), s##r##1 = SINTER_BIAS(1), s##r##2 = SINTER_BIAS(2), s##r##3 = SINTER_BIAS(3);
  SINTER_VNNI_ROWS(SINTER_DECLARE)
#undef SINTER_DECLARE
#undef SINTER_BIAS
  const char* w = tile + tile_header_bytes(tile_form_vnni);
  for (int64_t g = 0; g < groups; g++, w += 256, a += 4) {
    const __m512i w0 = _mm512_loadu_si512(w), w1 = _mm512_loadu_si512(w + 64);
    const __m512i w2 = _mm512_loadu_si512(w + 128), w3 = _mm512_loadu_si512(w + 192);
#define SINTER_STEP(r)                      \
  if (r < ROWS) {                           \
    const __m512i x = four(a + r * stride); \
    dot4(&s##r##0, x, w0);                  \
    dot4(&s##r##1, x, w1);                  \
    dot4(&s##r##2, x, w2);                  \
    dot4(&s##r##3, x, w3);                  \
  }
    SINTER_VNNI_ROWS(SINTER_STEP)
#undef SINTER_STEP
  }
#define SINTER_STORE(r)       \
  if (r < ROWS) {             \
    out[4 * r] = s##r##0;     \
    out[4 * r + 1] = s##r##1; \
    out[4 * r + 2] = s##r##2; \
    out[4 * r + 3] = s##r##3; \
  }
  SINTER_VNNI_ROWS(SINTER_STORE)
#undef SINTER_STORE
}

// One tile of int8 results: ROWS rows, `columns` (1..64) columns, rows of c ldc bytes apart.
template <int ROWS>
inline void vnni_tile_s8(const uint8_t* a, int64_t stride, const char* tile, int64_t groups, int8_t* c, int64_t ldc,
                         int columns, const VnniEpilogue& e) {
  __m512i sums[20];
  vnni_sums<ROWS>(a, stride, tile, groups, sums);
  for (int v = 0; v * 16 < columns; v++) {
    const __m512 scale = _mm512_loadu_ps(tile + 256 + 64 * v);
    const int left = columns - 16 * v;
    for (int r = 0; r < ROWS; r++) {
      const __m128i bytes = vnni_requantize(sums[4 * r + v], scale, e);
      int8_t* out = c + r * ldc + 16 * v;
      if (left >= 16) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
      } else {
        alignas(16) int8_t tail[16];
        _mm_store_si128(reinterpret_cast<__m128i*>(tail), bytes);
        memcpy(out, tail, static_cast<size_t>(left));
      }
    }
  }
}

// The same for uint8 results; e is that of the s8 (result - 128). lacking[r]: what row r's sums lack.
template <int ROWS>
inline void vnni_tile_u8(const uint8_t* a, int64_t stride, const char* tile, int64_t groups, uint8_t* c, int64_t ldc,
                         int columns, const VnniEpilogue& e, const int32_t* lacking) {
  __m512i sums[20];
  vnni_sums<ROWS>(a, stride, tile, groups, sums);
  for (int v = 0; v * 16 < columns; v++) {
    const __m512 scale = _mm512_loadu_ps(tile + 256 + 64 * v);
    const int left = columns - 16 * v < 16 ? columns - 16 * v : 16;
    for (int r = 0; r < ROWS; r++) {
      const __m512i sum = _mm512_add_epi32(sums[4 * r + v], _mm512_set1_epi32(lacking[r]));
      alignas(16) uint8_t bytes[16];
      _mm_store_si128(reinterpret_cast<__m128i*>(bytes),
                      _mm_xor_si128(vnni_requantize(sum, scale, e), _mm_set1_epi8(-128)));
      memcpy(c + r * ldc + 16 * v, bytes, static_cast<size_t>(left));
    }
  }
}

// The same for plain int32 sums; ldc counts elements.
template <int ROWS>
inline void vnni_tile_s32(const uint8_t* a, int64_t stride, const char* tile, int64_t groups, char* c, int64_t ldc,
                          int columns) {
  __m512i sums[20];
  vnni_sums<ROWS>(a, stride, tile, groups, sums);
  for (int r = 0; r < ROWS; r++) memcpy(c + 4 * r * ldc, &sums[4 * r], static_cast<size_t>(4 * columns));
}

template <int N>
struct VnniRows {
  enum { value = N };
};

// Calls f with the number of rows (at most 5) as a constant.
template <class F>
inline void with_vnni_rows(int64_t rows, const F& f) {
  switch (rows) {
    case 1:
      f(VnniRows<1>());
      break;
    case 2:
      f(VnniRows<2>());
      break;
    case 3:
      f(VnniRows<3>());
      break;
    case 4:
      f(VnniRows<4>());
      break;
    default:
      f(VnniRows<5>());
      break;
  }
}

// factor * the sum of `count` unsigned bytes, modulo 2^32; reads exactly those.
inline int32_t scaled_byte_sum(const uint8_t* in, int64_t count, int32_t factor) {
  __m256i sums = _mm256_setzero_si256();
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i));
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(x, _mm256_setzero_si256()));
  }
  __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  half = _mm_add_epi64(half, _mm_unpackhi_epi64(half, half));
  uint32_t sum = static_cast<uint32_t>(_mm_cvtsi128_si32(half));
  for (; i < count; i++) sum += in[i];
  return static_cast<int32_t>(sum * static_cast<uint32_t>(factor));
}

// What is unsigned already is only copied.
inline void to_unsigned(const uint8_t* in, int64_t count, uint8_t* out) {
  memcpy(out, in, static_cast<size_t>(count));
}

// Moves `count` signed bytes to unsigned ones (value + 128); reads and writes exactly those.
inline void to_unsigned(const int8_t* in, int64_t count, uint8_t* out) {
  const __m256i sign = _mm256_set1_epi8(-128);
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i),
                        _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i)), sign));
  }
  if (i == count) return;
  if (count >= 32) {  // one more vector that overlaps the last
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + count - 32),
                        _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + count - 32)), sign));
    return;
  }
  for (; i + 8 <= count; i += 8) {
    uint64_t eight;
    memcpy(&eight, in + i, 8);
    eight ^= 0x8080808080808080u;
    memcpy(out + i, &eight, 8);
  }
  for (; i < count; i++) out[i] = static_cast<uint8_t>(in[i]) ^ 0x80;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_VNNI_H_
