// The AVX-512 VNNI micro-kernels of int4 weights (packing_s4.h): a few rows of unsigned bytes times weights that are
// taken apart in registers, and many rows times weights that were taken apart before. Only for files that are built for
// AVX-512; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// 64 bytes hold 8 k of 16 columns: one load, a mask and a shift and a mask give both halves, each weight times 16.
#ifndef SINTER_KERNELS_GEMM_NIBBLES_VNNI_H_
#define SINTER_KERNELS_GEMM_NIBBLES_VNNI_H_

#include "kernels/gemm/dynamic_vnni.h"
#include "kernels/gemm/packing_s4.h"

namespace sinter {
namespace {

SINTER_ONE_INSTRUCTION __m512i lower_nibbles(__m512i bytes) {
  return _mm512_and_si512(_mm512_slli_epi16(bytes, 4), _mm512_set1_epi8(static_cast<char>(0xf0)));
}
SINTER_ONE_INSTRUCTION __m512i upper_nibbles(__m512i bytes) {
  return _mm512_and_si512(bytes, _mm512_set1_epi8(static_cast<char>(0xf0)));
}
SINTER_ONE_INSTRUCTION __m512i four_values(const uint8_t* a) {
  int32_t bytes;
  memcpy(&bytes, a, 4);
  return _mm512_set1_epi32(bytes);
}

// Bytes ahead of the weights in use that are brought to L2 and L1 meanwhile: rows this few wait for memory.
constexpr int64_t S4_AHEAD = 4096;

// Adds to s[V * r + v] the products of `groups` groups of 8 k; w is V * 64 bytes of a group, the next `step` bytes on.
template <int V, int ROWS>
SINTER_VNNI_INLINE void nibble_sums(const uint8_t* a, int64_t stride, const char* w, int64_t step, int64_t groups,
                                    __m512i (&s)[V * ROWS]) {
  // One row alone would wait for its own sums: those of both halves of a byte are kept apart.
  __m512i upper[ROWS == 1 ? V : 1];
  if constexpr (ROWS == 1) {
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { upper[v] = _mm512_setzero_si512(); });
  }
  for (int64_t g = 0; g < groups; g++, a += 8, w += step) {
    __m512i half[V];
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      _mm_prefetch(w + S4_AHEAD + 64 * v, _MM_HINT_T0);
      half[v] = lower_nibbles(_mm512_loadu_si512(w + 64 * v));
    });
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const __m512i x = four_values(a + r * stride);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&s[V * r + v], x, half[v]); });
    });
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { half[v] = upper_nibbles(_mm512_loadu_si512(w + 64 * v)); });
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const __m512i x = four_values(a + r * stride + 4);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        if constexpr (ROWS == 1) {
          dot4(&upper[v], x, half[v]);
        } else {
          dot4(&s[V * r + v], x, half[v]);
        }
      });
    });
  }
  if constexpr (ROWS == 1) {
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { s[v] = _mm512_add_epi32(s[v], upper[v]); });
  }
}

// A whole tile of V vectors with ROWS rows from `row` on, scales by column.
template <int V, int ROWS, class Store>
SINTER_VNNI_INLINE void nibble_tile(const uint8_t* a, int64_t stride, const char* tile, int64_t groups,
                                    const Store& store) {
  __m512i s[V * ROWS];
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
    const __m512i correction = _mm512_loadu_si512(tile + 64 * v);
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA { s[V * r + v] = correction; });
  });
  nibble_sums<V, ROWS>(a, stride, tile + s4_header_bytes(16 * V), 64 * V, groups, s);
  store.template put<V, ROWS>(s, store.template constants<V>(tile, tile + 64 * V), 0);
}

// What turns a row's sums of blocks into results.
struct BlockRow {
  float offset;  // 128 + the zero point
  float inverse;
};
struct BlockStore {
  float* c;
  int64_t ldc;
  float low, high;

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m512 (&y)[V * ROWS], const BlockRow* rows, const char* bias, int columns) const {
    const __m512 lowest = _mm512_set1_ps(low), highest = _mm512_set1_ps(high);
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      const __mmask16 mask = columns > 16 * v ? first_lanes(columns - 16 * v) : static_cast<__mmask16>(0);
      const __m512 added = _mm512_loadu_ps(bias + 64 * v);
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        __m512 value = _mm512_add_ps(_mm512_mul_ps(y[V * r + v], _mm512_set1_ps(rows[r].inverse)), added);
        value = _mm512_min_ps(highest, _mm512_max_ps(lowest, value));  // keeps what is not a number
        _mm512_mask_storeu_ps(c + r * ldc + 16 * v, mask, value);
      });
    });
  }
};

SINTER_ONE_INSTRUCTION __m512 sixteenth_of_halves(const char* halves) {
  const __m512 scale = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(halves)));
  return _mm512_mul_ps(scale, _mm512_set1_ps(0.0625f));
}
// y + scale * (sum - offset * weights): the difference is a whole number below 2^24 for blocks of up to 256, exact in
// each step, and 16 times the block's sum of products; scale is a sixteenth, exact for any half.
SINTER_ONE_INSTRUCTION __m512 add_block(__m512 y, __m512i sum, float offset, __m512 weights, __m512 scale) {
  const __m512 products = _mm512_fnmadd_ps(_mm512_set1_ps(offset), weights, _mm512_cvtepi32_ps(sum));
  return _mm512_fmadd_ps(products, scale, y);
}

// V vectors of a tile `width` columns wide with blocks, from the vector at `first` on, with ROWS rows. The sums of a
// block's weights, which zero points and the 128 of unsigned bytes need, are made on the way.
template <int V, int ROWS>
SINTER_VNNI_INLINE void nibble_blocks(const uint8_t* a, int64_t stride, const BlockRow* rows, const char* tile,
                                      int64_t width, int64_t first, int64_t blocks, int64_t block, int columns,
                                      const BlockStore& store) {
  __m512 y[V * ROWS];
  vnni_repeat<V * ROWS>([&](auto i) SINTER_VNNI_LAMBDA { y[i] = _mm512_setzero_ps(); });
  const char* w = tile + s4_header_bytes(width);
  const __m512i ones = _mm512_set1_epi8(1);
  for (int64_t b = 0; b < blocks; b++, a += block) {
    const char* scales = w + 32 * first;
    w += 2 * width + 64 * first;
    __m512i s[V * (ROWS + 1)];
    vnni_repeat<V*(ROWS + 1)>([&](auto i) SINTER_VNNI_LAMBDA { s[i] = _mm512_setzero_si512(); });
    for (int64_t k = 0; k < block; k += 8, w += 4 * width) {
      __m512i half[V];
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        _mm_prefetch(w + S4_AHEAD + 64 * v, _MM_HINT_T0);
        half[v] = lower_nibbles(_mm512_loadu_si512(w + 64 * v));
        dot4(&s[V * ROWS + v], ones, half[v]);
      });
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const __m512i x = four_values(a + r * stride + k);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&s[V * r + v], x, half[v]); });
      });
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        half[v] = upper_nibbles(_mm512_loadu_si512(w + 64 * v));
        dot4(&s[V * ROWS + v], ones, half[v]);
      });
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const __m512i x = four_values(a + r * stride + k + 4);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&s[V * r + v], x, half[v]); });
      });
    }
    w -= 64 * first;
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      const __m512 scale = sixteenth_of_halves(scales + 32 * v), weights = _mm512_cvtepi32_ps(s[V * ROWS + v]);
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        y[V * r + v] = add_block(y[V * r + v], s[V * r + v], rows[r].offset, weights, scale);
      });
    });
  }
  store.template put<V, ROWS>(y, rows, tile + 8 * width + 64 * first, columns);
}

// A tile's weights as signed bytes, 16 times each: [group of 4 k][column][4], in the order of k.
inline void unpack_nibbles(const char* groups, int64_t width, int64_t count, char* out) {
  for (int64_t g = 0; g < count; g++, groups += 4 * width, out += 8 * width) {
    for (int64_t at = 0; at < 4 * width; at += 64) {
      const __m512i bytes = _mm512_loadu_si512(groups + at);
      _mm512_storeu_si512(out + at, lower_nibbles(bytes));
      _mm512_storeu_si512(out + 4 * width + at, upper_nibbles(bytes));
    }
  }
}

// The same of a tile with blocks, in front of which go the sums of weights (times 16) and a sixteenth of the scales:
// float[64] each per block.
inline void unpack_blocks(const char* tile, int64_t width, int64_t blocks, int64_t block, float* fronts, char* out) {
  const char* w = tile + s4_header_bytes(width);
  for (int64_t b = 0; b < blocks; b++, fronts += 128, out += width * block) {
    for (int64_t j = 0; j < width; j += 16) _mm512_storeu_ps(fronts + 64 + j, sixteenth_of_halves(w + 2 * j));
    w += 2 * width;
    unpack_nibbles(w, width, block / 8, out);
    w += width * block / 2;
    for (int64_t j = 0; j < width; j += 16) {
      __m512i sum = _mm512_setzero_si512();
      for (int64_t g = 0; g < block / 4; g++) {
        dot4(&sum, _mm512_set1_epi8(1), _mm512_loadu_si512(out + (g * width + j) * 4));
      }
      _mm512_storeu_ps(fronts + j, _mm512_cvtepi32_ps(sum));
    }
  }
}

// ROWS rows with V vectors, from the vector at `first` on, of a tile that unpack_blocks has made.
template <int V, int ROWS>
SINTER_VNNI_INLINE void unpacked_blocks(const uint8_t* a, int64_t stride, const BlockRow* rows, const float* fronts,
                                        const char* w, const char* bias, int64_t width, int64_t first, int64_t blocks,
                                        int64_t block, int columns, const BlockStore& store) {
  __m512 y[V * ROWS];
  vnni_repeat<V * ROWS>([&](auto i) SINTER_VNNI_LAMBDA { y[i] = _mm512_setzero_ps(); });
  fronts += 16 * first;
  w += 64 * first;
  for (int64_t b = 0; b < blocks; b++, fronts += 128) {
    __m512i s[V * ROWS];
    vnni_repeat<V * ROWS>([&](auto i) SINTER_VNNI_LAMBDA { s[i] = _mm512_setzero_si512(); });
    for (int64_t k = 0; k < block; k += 4, a += 4, w += 4 * width) {
      __m512i weights[V];
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { weights[v] = _mm512_loadu_si512(w + 64 * v); });
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const __m512i x = four_values(a + r * stride);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&s[V * r + v], x, weights[v]); });
      });
    }
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      const __m512 weights = _mm512_loadu_ps(fronts + 16 * v), scale = _mm512_loadu_ps(fronts + 64 + 16 * v);
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        y[V * r + v] = add_block(y[V * r + v], s[V * r + v], rows[r].offset, weights, scale);
      });
    });
  }
  store.template put<V, ROWS>(y, rows, bias + 64 * first, columns);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_NIBBLES_VNNI_H_
