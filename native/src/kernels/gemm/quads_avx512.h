// Between rows of int8 activations and quads of pixels side by side, for sparse rows; AVX-512, internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_QUADS_AVX512_H_
#define SINTER_KERNELS_GEMM_QUADS_AVX512_H_

#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif
#include <string.h>

#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
#define INLINE __attribute__((noinline, unused))  // emulated instructions are long: inlining them would take minutes
#else
#define INLINE inline __attribute__((always_inline))
#endif

// In each quarter of the vectors: four rows of four 32-bit values, transposed.
INLINE void transpose_quarters(__m512i& a, __m512i& b, __m512i& c, __m512i& d) {
  const __m512i ab = _mm512_unpacklo_epi32(a, b), ab2 = _mm512_unpackhi_epi32(a, b);
  const __m512i cd = _mm512_unpacklo_epi32(c, d), cd2 = _mm512_unpackhi_epi32(c, d);
  a = _mm512_unpacklo_epi64(ab, cd);
  b = _mm512_unpackhi_epi64(ab, cd);
  c = _mm512_unpacklo_epi64(ab2, cd2);
  d = _mm512_unpackhi_epi64(ab2, cd2);
}

INLINE __m128i load128(const uint8_t* a) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
}

// 16 bytes of pixels 0, 4, 8, 12 at a, which are 4 * stride bytes apart.
INLINE __m512i every_fourth(const uint8_t* a, int64_t stride) {
  __m512i v = _mm512_castsi128_si512(load128(a));
  v = _mm512_inserti32x4(v, load128(a + 4 * stride), 1);
  v = _mm512_inserti32x4(v, load128(a + 8 * stride), 2);
  return _mm512_inserti32x4(v, load128(a + 12 * stride), 3);
}

INLINE void put_quads(uint8_t* to, int64_t pitch, int64_t count, __m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  transpose_quarters(a, b, c, d);
  _mm512_storeu_si512(to, _mm512_xor_si512(a, flip));
  if (count > 1) _mm512_storeu_si512(to + pitch, _mm512_xor_si512(b, flip));
  if (count > 2) _mm512_storeu_si512(to + 2 * pitch, _mm512_xor_si512(c, flip));
  if (count > 3) _mm512_storeu_si512(to + 3 * pitch, _mm512_xor_si512(d, flip));
}

// 32 bytes of a pixel, then of the one four behind it.
INLINE __m512i pair_of_fourths(const uint8_t* a, int64_t stride) {
  const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a));
  const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + 4 * stride));
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// Sixteen pixels' values in whole sixteens, `pitch` bytes from quad to quad. Loads of 32 bytes are the fewest: of 64,
// more shuffles would have to follow.
INLINE void whole_pixels(const uint8_t* a, int64_t stride, int64_t k, uint8_t* to, int64_t pitch) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  const uint8_t* b = a + 8 * stride;
  int64_t i = 0;
  for (; i + 32 <= k; i += 32, to += 8 * pitch) {
    // Quarters: pixels 0 .. 3 by the first sixteen values, by the second, pixels 4 .. 7 likewise; then 8 .. 15.
    __m512i x[4], y[4];
    vnni_repeat<4>([&](auto j) SINTER_VNNI_LAMBDA {
      x[j] = pair_of_fourths(a + j * stride + i, stride);
      y[j] = pair_of_fourths(b + j * stride + i, stride);
    });
    transpose_quarters(x[0], x[1], x[2], x[3]);
    transpose_quarters(y[0], y[1], y[2], y[3]);
    vnni_repeat<4>([&](auto q) SINTER_VNNI_LAMBDA {
      const __m512i first = _mm512_shuffle_i32x4(x[q], y[q], 0x88), second = _mm512_shuffle_i32x4(x[q], y[q], 0xdd);
      _mm512_store_si512(to + q * pitch, _mm512_xor_si512(first, flip));
      _mm512_store_si512(to + (q + 4) * pitch, _mm512_xor_si512(second, flip));
    });
  }
  if (i + 16 > k) return;
  put_quads(to, pitch, 4, every_fourth(a + i, stride), every_fourth(a + stride + i, stride),
            every_fourth(a + 2 * stride + i, stride), every_fourth(a + 3 * stride + i, stride));
}

// Of pixels first, first + 4, first + 8, first + 12 those before `pixels`, `count` (up to 16) bytes each; others are
// zeros.
INLINE __m512i some_of_every_fourth(const uint8_t* a, int64_t stride, int64_t first, int64_t pixels, int64_t count) {
  __m512i v = _mm512_setzero_si512();
  vnni_repeat<4>([&](auto lane) SINTER_VNNI_LAMBDA {
    const int64_t x = first + 4 * lane;
    const __mmask16 mask = x < pixels ? static_cast<__mmask16>(0xffffu >> (16 - count)) : __mmask16{0};
    const uint8_t* from = x < pixels ? a + x * stride : a;
    v = _mm512_inserti32x4(v, _mm_maskz_loadu_epi8(mask, from), lane);
  });
  return v;
}

// Up to sixteen pixels' values from `i` on: what does not exist is not read and counts as zeros.
void some_pixels(const uint8_t* a, int64_t stride, int64_t i, int64_t k, int64_t pixels, uint8_t* to, int64_t pitch) {
  to += i / 4 * pitch;
  for (; i < k; i += 16, to += 4 * pitch) {
    const int64_t count = k - i < 16 ? k - i : 16;
    put_quads(to, pitch, (count + 3) / 4, some_of_every_fourth(a + i, stride, 0, pixels, count),
              some_of_every_fourth(a + i, stride, 1, pixels, count),
              some_of_every_fourth(a + i, stride, 2, pixels, count),
              some_of_every_fourth(a + i, stride, 3, pixels, count));
  }
}

// Sixteen vectors that hold, in each quarter, 16 bytes of an output, to sixteen that hold 16 outputs.
INLINE void transpose_bytes(__m512i (&v)[16]) {
  __m512i t[16];
  vnni_repeat<8>([&](auto i) SINTER_VNNI_LAMBDA {
    t[i] = _mm512_unpacklo_epi8(v[2 * i], v[2 * i + 1]);
    t[i + 8] = _mm512_unpackhi_epi8(v[2 * i], v[2 * i + 1]);
  });
  vnni_repeat<4>([&](auto i) SINTER_VNNI_LAMBDA {
    v[i] = _mm512_unpacklo_epi16(t[2 * i], t[2 * i + 1]);
    v[i + 4] = _mm512_unpackhi_epi16(t[2 * i], t[2 * i + 1]);
    v[i + 8] = _mm512_unpacklo_epi16(t[2 * i + 8], t[2 * i + 9]);
    v[i + 12] = _mm512_unpackhi_epi16(t[2 * i + 8], t[2 * i + 9]);
  });
  // v[4 * q + i]: pixels 4 q .. 4 q + 3 of outputs 4 i .. 4 i + 3.
  vnni_repeat<4>([&](auto q)
                     SINTER_VNNI_LAMBDA { transpose_quarters(v[4 * q], v[4 * q + 1], v[4 * q + 2], v[4 * q + 3]); });
}

INLINE void put_row(int8_t* c, __m512i bytes, int64_t outputs) {
  if (outputs >= 64) {
    _mm512_storeu_si512(c, bytes);
  } else {
    _mm512_mask_storeu_epi8(c, ~__mmask64{0} >> (64 - outputs), bytes);
  }
}

// Results of a tile's up to 64 pixels for outputs 16 * B, `pitch` bytes apart in the stage, to rows of c: those of the
// pixels in 4 / B lanes (B = 3: one), from lane `lane` on. A quarter of a stage's vector are four pixels of each of
// four vectors. 16 bytes of up to four blocks of 16 outputs are brought side by side by loads, so that after transposes
// within quarters a whole row of outputs goes to memory by one store: stores to lines that differ are one a cycle,
// however narrow.
template <int B>
INLINE void put_lanes(const uint8_t* stage, int64_t pitch, int64_t lane, int8_t* c, int64_t ldc, int64_t pixels,
                      int64_t outputs) {
  __m512i v[16];
  vnni_repeat<16>([&](auto o) SINTER_VNNI_LAMBDA {
    const uint8_t* from = stage + o * pitch + 16 * lane;
    if constexpr (B == 1) {
      v[o] = _mm512_load_si512(from);
    } else {
      v[o] = _mm512_castsi128_si512(load128(from));
      v[o] = _mm512_inserti32x4(v[o], load128(from + 16 * pitch), 1);
      if constexpr (B == 2) {
        v[o] = _mm512_inserti32x4(v[o], load128(from + 16), 2);
        v[o] = _mm512_inserti32x4(v[o], load128(from + 16 * pitch + 16), 3);
      } else {
        v[o] = _mm512_inserti32x4(v[o], load128(from + 32 * pitch), 2);
        if constexpr (B == 4) v[o] = _mm512_inserti32x4(v[o], load128(from + 48 * pitch), 3);
      }
    }
  });
  transpose_bytes(v);
  const int64_t first = 4 * lane;
  vnni_repeat<16>([&](auto i) SINTER_VNNI_LAMBDA {
    const int64_t x = i / 4 * 16 + i % 4 + first;
    int8_t* at = c + x * ldc;
    if constexpr (B >= 3) {
      if (x < pixels) put_row(at, v[i], outputs);
    } else if constexpr (B == 2) {
      const __mmask32 mask = static_cast<__mmask32>(0xffffffffu >> (32 - outputs));
      if (x < pixels) _mm256_mask_storeu_epi8(at, mask, _mm512_castsi512_si256(v[i]));
      if (x + 4 < pixels) _mm256_mask_storeu_epi8(at + 4 * ldc, mask, _mm512_extracti64x4_epi64(v[i], 1));
    } else {
      const __mmask16 mask = static_cast<__mmask16>(0xffffu >> (16 - outputs));
      const int64_t far = 4 * ldc;
      if (x < pixels) _mm_mask_storeu_epi8(at, mask, _mm512_castsi512_si128(v[i]));
      if (x + 4 < pixels) _mm_mask_storeu_epi8(at + far, mask, _mm512_extracti32x4_epi32(v[i], 1));
      if (x + 8 < pixels) _mm_mask_storeu_epi8(at + 2 * far, mask, _mm512_extracti32x4_epi32(v[i], 2));
      if (x + 12 < pixels) _mm_mask_storeu_epi8(at + 3 * far, mask, _mm512_extracti32x4_epi32(v[i], 3));
    }
  });
}

// A quarter, the `part`-th, of the results of up to 64 outputs.
__attribute__((noinline)) void put_part(const uint8_t* stage, int64_t pitch, int64_t part, int8_t* c, int64_t ldc,
                                        int64_t pixels, int64_t outputs) {
  if (outputs > 48) {
    put_lanes<4>(stage, pitch, part, c, ldc, pixels, outputs);
  } else if (outputs > 32) {
    put_lanes<3>(stage, pitch, part, c, ldc, pixels, outputs);
  } else if (outputs > 16) {
    if (part < 2) put_lanes<2>(stage, pitch, 2 * part, c, ldc, pixels, outputs);
  } else if (part == 0) {
    put_lanes<1>(stage, pitch, 0, c, ldc, pixels, outputs);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_QUADS_AVX512_H_
