// The AVX-VNNI int8 micro-kernel, shared by gemm and conv: as tile_vnni.h, whose packing it takes, with vectors of 8
// columns. Only for files that are built for AVX-VNNI; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// A tile of 64 columns is met 16 at a time (their 64 bytes of each group of k are one cache line) by 6 rows: 12 sums, 2
// vectors of weights and a broadcast fill the 16 registers. Where no more than 8 columns are left, 12 rows meet one
// vector.
#ifndef SINTER_KERNELS_GEMM_TILE_AVXVNNI_H_
#define SINTER_KERNELS_GEMM_TILE_AVXVNNI_H_

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernels/gemm/packing.h"
#include "kernels/gemm/tile_avx2.h"
#include "kernels/gemm/vnni_rows.h"
#include "kernels/simd/avxvnni.h"

namespace sinter {
namespace {

// What is done to sums of 8-bit results.
struct VnniEpilogue {
  Epilogue s8;  // of (result - 128) where results are unsigned
  char flip;    // unsigned results: -128, else 0
};

inline VnniEpilogue make_vnni_epilogue(bool is_unsigned, int32_t zero_point, int32_t out_min, int32_t out_max) {
  const int32_t shift = is_unsigned ? 128 : 0;
  return {make_epilogue(zero_point - shift, out_min - shift, out_max - shift),
          static_cast<char>(is_unsigned ? -128 : 0)};
}

// SIGNED: moved by 128, as in tile_vnni.h.
template <bool SIGNED>
inline __m256i four(const uint8_t* a) {
  int32_t bytes;
  memcpy(&bytes, a, 4);
  const __m256i all = _mm256_set1_epi32(bytes);
  return SIGNED ? _mm256_xor_si256(all, _mm256_set1_epi8(static_cast<char>(0x80))) : all;
}

inline __m256i load_32(const char* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// 16 columns of a tile: where their constants and weights stand, and how far the next group of k is.
struct VnniColumns {
  const char *bias, *scale, *weights;
  int64_t step;
};

// Sums of ROWS rows with the first 8 * V of a tile's columns from these 16 on: s[V * r + v].
template <bool SIGNED, int V, int ROWS>
SINTER_VNNI_INLINE void vnni_sums(const VnniRows& m, int64_t row, const VnniColumns& at, __m256i (&s)[V * ROWS]) {
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
    const __m256i bias = load_32(at.bias + 32 * v);
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA { s[V * r + v] = bias; });
  });
  const int64_t stride = m.stride;
  const char* w = at.weights;
  const uint8_t* a = m.a + row * stride;
  for (int64_t run = 0; run < m.runs; run++) {
    const uint8_t *a0 = a, *a4 = a + 4 * stride, *a8 = a + 8 * stride;
    for (int64_t g = m.groups; g > 0; g--) {
      __m256i weights[V];
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { weights[v] = load_32(w + 32 * v); });
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const uint8_t* from = r < 4 ? a0 : r < 8 ? a4 : a8;
        const __m256i x = four<SIGNED>(from + r % 4 * stride);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { avxvnni_dot4(&s[V * r + v], x, weights[v]); });
      });
      w += at.step;
      a0 += 4, a4 += 4, a8 += 4;
    }
    a += m.pitch;
  }
  if (m.lacking) {
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const __m256i more = _mm256_set1_epi32(m.lacking[row + r]);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { s[V * r + v] = _mm256_add_epi32(s[V * r + v], more); });
    });
  }
}

// 8-bit results, rows of c ldc bytes apart.
struct VnniStore8 {
  char* c;
  int64_t ldc;
  int columns;  // of the tile
  VnniEpilogue e;

  // `count` columns from `first` on.
  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m256i (&s)[V * ROWS], const VnniColumns& at, int64_t row, int first,
                              int count) const {
    const __m256 scale_low = _mm256_loadu_ps(reinterpret_cast<const float*>(at.scale));
    const __m256 scale_high = _mm256_loadu_ps(reinterpret_cast<const float*>(at.scale + 32));
    char* out = c + row * ldc + first;
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const __m256i low = s[V * r], high = s[V * r + V - 1];
      const __m128i bytes = _mm_xor_si128(requantize(low, high, scale_low, scale_high, e.s8), _mm_set1_epi8(e.flip));
      if (V == 1 && count == 8) {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(out + r * ldc), bytes);
      } else {
        store_bytes(reinterpret_cast<int8_t*>(out + r * ldc), bytes, count);
      }
    });
  }
};

// The sums themselves, as int32.
struct VnniStore32 {
  char* c;
  int64_t ldc;  // elements
  int columns;

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m256i (&s)[V * ROWS], const VnniColumns&, int64_t row, int first,
                              int count) const {
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      char* out = c + 4 * ((row + r) * ldc + first);
      if (count == 8 * V) {
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * v), s[V * r + v]);
        });
      } else {
        alignas(32) char some[32 * V];
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
          _mm256_store_si256(reinterpret_cast<__m256i*>(some + 32 * v), s[V * r + v]);
        });
        memcpy(out, some, static_cast<size_t>(4 * count));
      }
    });
  }
};

// The first value of each row of sums, times a factor modulo 2^32.
struct VnniStoreScaled {
  int32_t* c;
  uint32_t factor;
  int columns;

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m256i (&s)[V * ROWS], const VnniColumns&, int64_t row, int, int) const {
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const uint32_t sum = static_cast<uint32_t>(_mm_cvtsi128_si32(_mm256_castsi256_si128(s[V * r])));
      c[row + r] = static_cast<int32_t>(sum * factor);
    });
  }
};

template <bool SIGNED, int V, int ROWS, class Store>
SINTER_VNNI_INLINE void vnni_block(const VnniRows& m, int64_t row, const VnniColumns& at, int first, int count,
                                   const Store& store) {
  __m256i sums[V * ROWS];
  vnni_sums<SIGNED, V, ROWS>(m, row, at, sums);
  store.template put<V, ROWS>(sums, at, row, first, count);
}

template <bool SIGNED, int V, class Store>
__attribute__((noinline)) void vnni_columns(const VnniRows& m, const VnniColumns& at, int first, int count,
                                            const Store& store) {
  int64_t r = 0;
  if constexpr (V == 1) {
    for (; m.rows - r >= 12; r += 12) vnni_block<SIGNED, V, 12>(m, r, at, first, count, store);
  }
  // What is left of 7 and 8 rows is shared out: a block of one or two waits for its own sums.
  for (; m.rows - r >= 9 || m.rows - r == 6; r += 6) vnni_block<SIGNED, V, 6>(m, r, at, first, count, store);
  if (m.rows - r > 6) vnni_block<SIGNED, V, 4>(m, r, at, first, count, store), r += 4;
  with_vnni_rows<5>(m.rows - r, [&](auto left) SINTER_VNNI_LAMBDA {
    vnni_block<SIGNED, V, decltype(left)::value>(m, r, at, first, count, store);
  });
}

// ROWS rows, all there are, with 16 * G columns at once: 16 of them would wait for their own sums.
template <bool SIGNED, int G, int ROWS, class Store>
__attribute__((noinline)) void vnni_few_rows(const VnniRows& m, const VnniColumns& at, int first, int count,
                                             const Store& store) {
  __m256i sums[2 * G * ROWS];
  vnni_sums<SIGNED, 2 * G, ROWS>(m, 0, at, sums);
  vnni_repeat<G>([&](auto g) SINTER_VNNI_LAMBDA {
    __m256i some[2 * ROWS];
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      some[2 * r] = sums[2 * G * r + 2 * g];
      some[2 * r + 1] = sums[2 * G * r + 2 * g + 1];
    });
    const VnniColumns part = {at.bias + 64 * g, at.scale + 64 * g, at.weights + 64 * g, at.step};
    const int left = count - 16 * g;
    store.template put<2, ROWS>(some, part, 0, first + 16 * g, left < 16 ? left : 16);
  });
}

// All rows with the tile of store.columns (1..64) columns; the tile's width is columns rounded up to 16.
template <bool SIGNED = false, class Store>
inline void vnni_any_tile(const VnniRows& m, const char* tile, const Store& store) {
  const int64_t width = (store.columns + 15) / 16;
  const char* weights = tile + vnni_header_bytes * width;
  if (m.rows >= 1 && m.rows <= 3 && width > 1) {
    const int64_t together = m.rows == 1 ? width : 2;
    for (int64_t v = 0; v < width;) {
      const VnniColumns at = {tile + 64 * v, tile + 64 * (width + v), weights + 64 * v, 64 * width};
      const int first = static_cast<int>(16 * v), count = store.columns - first;
      const int64_t groups = width - v < together ? width - v : together;
      if (m.rows == 1 && groups == 4) {
        vnni_few_rows<SIGNED, 4, 1>(m, at, first, count, store);
      } else if (m.rows == 1 && groups == 3) {
        vnni_few_rows<SIGNED, 3, 1>(m, at, first, count, store);
      } else if (m.rows == 1) {
        vnni_few_rows<SIGNED, 2, 1>(m, at, first, count, store);
      } else if (m.rows == 2 && groups == 2) {
        vnni_few_rows<SIGNED, 2, 2>(m, at, first, count, store);
      } else if (m.rows == 2) {
        vnni_few_rows<SIGNED, 1, 2>(m, at, first, count, store);
      } else if (groups == 2) {
        vnni_few_rows<SIGNED, 2, 3>(m, at, first, count, store);
      } else {
        vnni_few_rows<SIGNED, 1, 3>(m, at, first, count, store);
      }
      v += groups;
    }
    return;
  }
  for (int64_t v = 0; v < width; v++) {
    const VnniColumns at = {tile + 64 * v, tile + 64 * (width + v), weights + 64 * v, 64 * width};
    const int first = static_cast<int>(16 * v), left = store.columns - first, count = left < 16 ? left : 16;
    if (count > 8) {
      vnni_columns<SIGNED, 2>(m, at, first, count, store);
    } else {
      vnni_columns<SIGNED, 1>(m, at, first, count, store);
    }
  }
}

// The same for 8-bit results.
template <bool SIGNED = false>
inline void vnni_tile_8(const VnniRows& m, const char* tile, char* c, int64_t ldc, int columns, const VnniEpilogue& e) {
  vnni_any_tile<SIGNED>(m, tile, VnniStore8{c, ldc, columns, e});
}

// What the sums of unsigned rows lack: factor times the sum of the first `bytes` of each of a row's runs. Short rows
// are multiplied by a column of ones, since adding up within a vector takes longer.
inline void vnni_lacking(const VnniRows& m, int64_t bytes, int32_t factor, int32_t* lacking) {
  const uint32_t times = static_cast<uint32_t>(factor);
  constexpr int64_t most = 32;
  if (m.runs * m.groups <= most) {
    alignas(32) char ones[vnni_header_bytes + 64 * most];
    memset(ones, 0, vnni_header_bytes);
    const int32_t last = bytes % 4 == 0 ? 0x01010101 : (1 << bytes % 4 * 8) / 255;
    for (int64_t g = 0; g < m.runs * m.groups; g++) {
      const __m256i values = _mm256_set1_epi32((g + 1) % m.groups == 0 ? last : 0x01010101);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(ones + vnni_header_bytes + 64 * g), values);
    }
    vnni_any_tile(m, ones, VnniStoreScaled{lacking, times, 1});
    return;
  }
  for (int64_t r = 0; r < m.rows; r++) {
    __m256i sums = _mm256_setzero_si256();
    for (int64_t run = 0; run < m.runs; run++) {
      const char* in = reinterpret_cast<const char*>(m.a) + r * m.stride + run * m.pitch;
      int64_t left = bytes;
      for (; left >= 32; left -= 32, in += 32) {
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(load_32(in), _mm256_setzero_si256()));
      }
      alignas(32) char some[32] = {};
      memcpy(some, in, static_cast<size_t>(left));
      sums = _mm256_add_epi64(sums, _mm256_sad_epu8(load_32(some), _mm256_setzero_si256()));
    }
    alignas(32) uint64_t parts[4];
    _mm256_store_si256(reinterpret_cast<__m256i*>(parts), sums);
    lacking[r] = static_cast<int32_t>(static_cast<uint32_t>(parts[0] + parts[1] + parts[2] + parts[3]) * times);
  }
}

// As in tile_vnni.h.
inline void vnni_copy_padded(const uint8_t* from, int64_t count, int64_t left, int64_t pitch, uint8_t zero,
                             uint8_t flip_byte, uint8_t* to) {
  const int64_t room = pitch - left < 0 ? 0 : pitch - left;
  const int64_t some = from == nullptr ? 0 : count < room ? count : room;
  const int64_t before = some > 0 ? left : pitch;
  memset(to, zero, static_cast<size_t>(before));
  if (some > 0) {
    memcpy(to + left, from, static_cast<size_t>(some));
    memset(to + left + some, zero, static_cast<size_t>(pitch - left - some));
  }
  if (flip_byte == 0) return;
  const __m256i flip = _mm256_set1_epi8(static_cast<char>(flip_byte));
  for (int64_t at = 0; at < pitch; at += 32) {
    __m256i* const some_bytes = reinterpret_cast<__m256i*>(to + at);
    _mm256_storeu_si256(some_bytes, _mm256_xor_si256(_mm256_loadu_si256(some_bytes), flip));
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AVXVNNI_H_
