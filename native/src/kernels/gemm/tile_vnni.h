// The AVX-512 VNNI int8 micro-kernel, shared by gemm, conv and batch_matmul: rows of 8-bit activations, read where
// they are, times a tile of 16, 32, 48 or 64 columns. Only for files that are built for AVX-512; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// vpdpbusd multiplies unsigned by signed bytes: signed activations (SIGNED) are moved by 128 as they are broadcast, by
// an xor that where two units do both takes a product's place; packing.h folds the 128 into the bias. A tile of V
// vectors takes as many rows at once as keep both units busy while the loads (V of weights, one broadcast a row) stay
// fewer than the products: 6 x 64, 8 x 48, 8 x 32, 16 x 16.
#ifndef SINTER_KERNELS_GEMM_TILE_VNNI_H_
#define SINTER_KERNELS_GEMM_TILE_VNNI_H_

#include <stdint.h>
#include <string.h>
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

#include "kernels/gemm/packing.h"
#include "kernels/gemm/vnni_rows.h"

namespace sinter {
namespace {

// What is done to sums of 8-bit results. All but the first are repeated to 32 bits, which a load spreads over a vector.
struct VnniEpilogue {
  float highest;             // out_max - zero point
  int32_t zero_point;        // of the s8 (result - 128) where results are unsigned
  int32_t out_min, out_max;  // the same
  int32_t flip;              // unsigned results: -128, else 0

  // Of four vectors' worth of bytes.
  SINTER_VNNI_INLINE __m512i zero_points() const {
    return _mm512_set1_epi32(zero_point);
  }
  SINTER_VNNI_INLINE __m512i bounded_below(__m512i bytes) const {
    return _mm512_max_epi8(bytes, _mm512_set1_epi32(out_min));
  }
  SINTER_VNNI_INLINE __m512i bounded_above(__m512i bytes) const {
    return _mm512_min_epi8(bytes, _mm512_set1_epi32(out_max));
  }
  SINTER_VNNI_INLINE __m512i flipped(__m512i bytes) const {
    return _mm512_xor_si512(bytes, _mm512_set1_epi32(flip));
  }
};

inline VnniEpilogue make_vnni_epilogue(bool is_unsigned, int32_t zero_point, int32_t out_min, int32_t out_max) {
  const int32_t shift = is_unsigned ? 128 : 0;
  const auto repeated = [](int32_t value, uint32_t mask) {
    return static_cast<int32_t>((static_cast<uint32_t>(value) & mask) * (0xffffffffu / mask));
  };
  return {static_cast<float>(out_max - zero_point), repeated(zero_point - shift, 0xffff),
          repeated(out_min - shift, 0xff), repeated(out_max - shift, 0xff), repeated(is_unsigned ? -128 : 0, 0xff)};
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

template <bool SIGNED>
SINTER_ONE_INSTRUCTION __m512i four(const uint8_t* a) {
  int32_t bytes;
  memcpy(&bytes, a, 4);
  const __m512i all = _mm512_set1_epi32(bytes);
  return SIGNED ? _mm512_xor_si512(all, _mm512_set1_epi8(static_cast<char>(0x80))) : all;
}

// One run of rows that are three pixels each and begin a pixel apart (convolutions 3 wide of stride 1): a broadcast
// meets up to three taps of as many rows. With 16 columns, one vector of weights, broadcasts would be the limit.
template <bool SIGNED, int ROWS, int SUMS>
SINTER_VNNI_INLINE void vnni_three_taps(const uint8_t* a, int64_t pixel, const char* w, __m512i (&s)[SUMS]) {
  for (int64_t g = 0; g < pixel; g += 4, a += 4, w += 64) {
    const __m512i w0 = _mm512_loadu_si512(w), w1 = _mm512_loadu_si512(w + 16 * pixel);
    const __m512i w2 = _mm512_loadu_si512(w + 32 * pixel);
    const uint8_t* at = a;
    vnni_repeat<ROWS + 2>([&](auto x) SINTER_VNNI_LAMBDA {
      const __m512i four_values = four<SIGNED>(at);
      at += pixel;
      if constexpr (x < ROWS) dot4(&s[x], four_values, w0);
      if constexpr (x >= 1 && x <= ROWS) dot4(&s[x - 1], four_values, w1);
      if constexpr (x >= 2) dot4(&s[x - 2], four_values, w2);
    });
  }
}

// Sums of ROWS rows with one tile of V vectors of 16 columns: s[V * r + v].
template <bool SIGNED, int V, int ROWS>
SINTER_VNNI_INLINE void vnni_sums(const VnniRows& m, const uint8_t* a, const int32_t* lacking, const char* tile,
                                  const char* ahead, __m512i (&s)[V * ROWS]) {
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
    const __m512i bias = _mm512_loadu_si512(tile + 64 * v);
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA { s[V * r + v] = bias; });
  });
  const int64_t stride = m.stride;
  const char* w = tile + vnni_header_bytes * V;
  const bool three_taps = V == 1 && 4 * m.groups == 3 * stride;
  for (int64_t run = 0; run < m.runs; run++) {
    if (V == 1 && ROWS >= 4 && three_taps) {
      vnni_three_taps<SIGNED, ROWS>(a, stride, w, s);
      w += 64 * m.groups;
      a += m.pitch;
      continue;
    }
    const uint8_t *a0 = a, *a4 = a + 4 * stride, *a8 = a + 8 * stride, *a12 = a + 12 * stride;
    for (int64_t g = m.groups; g > 0; g--) {
      __m512i weights[V];
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { weights[v] = _mm512_loadu_si512(w + 64 * v); });
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const uint8_t* at = r < 4 ? a0 : r < 8 ? a4 : r < 12 ? a8 : a12;
        const __m512i x = four<SIGNED>(at + r % 4 * stride);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&s[V * r + v], x, weights[v]); });
      });
      if constexpr (V >= 3) {  // narrower tiles have no load to spare
        _mm_prefetch(ahead, _MM_HINT_T1);
        ahead += 64;
      }
      w += 64 * V;
      a0 += 4, a4 += 4, a8 += 4, a12 += 4;
    }
    a += m.pitch;
  }
  if (lacking) {
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const __m512i more = _mm512_set1_epi32(lacking[r]);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { s[V * r + v] = _mm512_add_epi32(s[V * r + v], more); });
    });
  }
}

// SMALL: the scale is below 1, so that nothing leaves int32 and the upper bound can wait until bytes are packed.
template <bool SMALL>
SINTER_ONE_INSTRUCTION __m512i vnni_scaled(__m512i sum, __m512 scale, __m512 highest) {
  const __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale);
  return _mm512_cvtps_epi32(SMALL ? value : _mm512_min_ps(value, highest));
}

// Four vectors of scaled sums to 64 bytes in their order, with the saturations of xnn.gemm: int16 before the zero
// point, then int8. Packing works within quarters of a vector; the permutation mends that.
template <bool SMALL, class Epilogue>
SINTER_ONE_INSTRUCTION __m512i vnni_bytes(__m512i a, __m512i b, __m512i c, __m512i d, const Epilogue& e) {
  const __m512i zero_points = e.zero_points();
  const __m512i low = _mm512_adds_epi16(_mm512_packs_epi32(a, b), zero_points);
  const __m512i high = _mm512_adds_epi16(_mm512_packs_epi32(c, d), zero_points);
  __m512i bytes = e.bounded_below(_mm512_packs_epi16(low, high));
  if (SMALL) bytes = e.bounded_above(bytes);
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  return _mm512_permutexvar_epi32(order, e.flipped(bytes));
}

// The first `count` (1..64) bytes.
SINTER_ONE_INSTRUCTION void vnni_store_some(void* out, __m512i bytes, int64_t count) {
  _mm512_mask_storeu_epi8(out, ~__mmask64{0} >> (64 - count), bytes);
}

// What becomes of sums is a Store's affair: constants<V>(bias, scale) loads what belongs to a tile's columns, of the
// vectors in front of its weights; put<V, ROWS>(sums, constants, first row) stores results.

// 8-bit results of ROWS rows: `columns` of the tile's 16 * V, rows of c ldc bytes apart.
template <bool SMALL, class Epilogue = const VnniEpilogue&>
struct VnniStore8 {
  char* c;
  int64_t ldc;
  int columns;
  Epilogue e;

  template <int V>
  struct Constants {
    __m512 scale[V];
  };
  template <int V>
  SINTER_VNNI_INLINE Constants<V> constants(const char*, const char* scale) const {
    Constants<V> of;
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { of.scale[v] = _mm512_loadu_ps(scale + 64 * v); });
    return of;
  }

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m512i (&s)[V * ROWS], const Constants<V>& of, int64_t row) const {
    const __m512 highest = _mm512_set1_ps(e.highest);
    const auto& scale = of.scale;
    char* out = c + row * ldc;
    const bool whole = columns == 16 * V && (V == 4 || V == 3 || ldc == 16 * V);
    constexpr int together = V == 1 ? 4 : V == 2 ? 2 : 1;  // rows in 64 bytes
    vnni_repeat<(ROWS + together - 1) / together>([&](auto group) SINTER_VNNI_LAMBDA {
      constexpr int first = group.value * together * V;
      constexpr int last =
          (group.value * together + together < ROWS ? group.value * together + together : ROWS) * V - 1;
      constexpr int i1 = first + 1 < last ? first + 1 : last, i2 = first + 2 < last ? first + 2 : last;
      constexpr int i3 = first + 3 < last ? first + 3 : last;
      const __m512i q0 = vnni_scaled<SMALL>(s[first], scale[0], highest);
      const __m512i q1 = i1 == first ? q0 : vnni_scaled<SMALL>(s[i1], scale[i1 % V], highest);
      const __m512i q2 = i2 == i1 ? q1 : vnni_scaled<SMALL>(s[i2], scale[i2 % V], highest);
      const __m512i q3 = i3 == i2 ? q2 : vnni_scaled<SMALL>(s[i3], scale[i3 % V], highest);
      const __m512i bytes = vnni_bytes<SMALL>(q0, q1, q2, q3, e);
      constexpr int count = (last + 1 - first) / V;  // rows here
      char* at = out + group.value * together * ldc;
      if (whole) {
        if constexpr (count * V == 4) {
          _mm512_storeu_si512(at, bytes);
        } else if constexpr (count * V == 2) {
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), _mm512_castsi512_si256(bytes));
        } else if constexpr (count * V == 1) {
          _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm512_castsi512_si128(bytes));
        } else {
          vnni_store_some(at, bytes, 16 * count * V);
        }
      } else if constexpr (V == 2) {
        const __mmask32 mask = ~__mmask32{0} >> (32 - columns);
        _mm256_mask_storeu_epi8(at, mask, _mm512_castsi512_si256(bytes));
        if constexpr (count > 1) _mm256_mask_storeu_epi8(at + ldc, mask, _mm512_extracti64x4_epi64(bytes, 1));
      } else if (V == 1 && count == 4 && columns == 8 && ldc == 8) {
        const __m512i halves = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(at),
                            _mm512_castsi512_si256(_mm512_permutexvar_epi64(halves, bytes)));
      } else if constexpr (V == 1) {
        const __mmask16 mask = static_cast<__mmask16>(0xffff >> (16 - columns));
        _mm_mask_storeu_epi8(at, mask, _mm512_castsi512_si128(bytes));
        if constexpr (count > 1) _mm_mask_storeu_epi8(at + ldc, mask, _mm512_extracti32x4_epi32(bytes, 1));
        if constexpr (count > 2) _mm_mask_storeu_epi8(at + 2 * ldc, mask, _mm512_extracti32x4_epi32(bytes, 2));
        if constexpr (count > 3) _mm_mask_storeu_epi8(at + 3 * ldc, mask, _mm512_extracti32x4_epi32(bytes, 3));
      } else {
        vnni_store_some(at, bytes, columns);
      }
    });
  }
};

// The sums themselves, as int32.
struct VnniStore32 {
  char* c;
  int64_t ldc;  // elements
  int columns;

  template <int V>
  struct Constants {};
  template <int V>
  SINTER_VNNI_INLINE Constants<V> constants(const char*, const char*) const {
    return {};
  }

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m512i (&s)[V * ROWS], const Constants<V>&, int64_t row) const {
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      char* out = c + 4 * (row + r) * ldc;
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        const int left = columns - 16 * v;
        if (left >= 16) {
          _mm512_storeu_si512(out + 64 * v, s[V * r + v]);
        } else if (left > 0) {
          vnni_store_some(out + 64 * v, s[V * r + v], 4 * left);
        }
      });
    });
  }
};

// The same of a single row, which is bound by how fast weights arrive and by how long a sum takes: two sums for each
// vector take turns. AHEAD: bytes that weights are brought nearer ahead of their use; from L2 they come faster without.
template <bool SIGNED, int V, int AHEAD>
SINTER_VNNI_INLINE void vnni_sums_of_one(const VnniRows& m, const uint8_t* a, const int32_t* lacking, const char* tile,
                                         __m512i (&s)[V]) {
  __m512i odd[V];
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
    s[v] = _mm512_loadu_si512(tile + 64 * v);
    odd[v] = _mm512_setzero_si512();
  });
  const char* w = tile + vnni_header_bytes * V;
  for (int64_t run = 0; run < m.runs; run++, a += m.pitch) {
    const uint8_t* at = a;
    int64_t g = m.groups;
    for (; g >= 2; g -= 2, w += 128 * V, at += 8) {
      const __m512i x = four<SIGNED>(at), y = four<SIGNED>(at + 4);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        if constexpr (AHEAD > 0) _mm_prefetch(w + 64 * v + AHEAD, _MM_HINT_T0);
        dot4(&s[v], x, _mm512_loadu_si512(w + 64 * v));
      });
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        if constexpr (AHEAD > 0) _mm_prefetch(w + 64 * (V + v) + AHEAD, _MM_HINT_T0);
        dot4(&odd[v], y, _mm512_loadu_si512(w + 64 * V + 64 * v));
      });
    }
    if (g > 0) {
      const __m512i x = four<SIGNED>(at);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&s[v], x, _mm512_loadu_si512(w + 64 * v)); });
      w += 64 * V;
    }
  }
  const __m512i more = lacking ? _mm512_set1_epi32(*lacking) : _mm512_setzero_si512();
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { s[v] = _mm512_add_epi32(_mm512_add_epi32(s[v], odd[v]), more); });
}

template <bool SIGNED, int V, int ROWS, class Store>
SINTER_VNNI_INLINE void vnni_block(const VnniRows& m, int64_t row, const char* tile, const Store& store) {
  __m512i sums[V * ROWS];
  // A line for each group: the first four blocks of six rows see to a whole tile.
  const int64_t part = row / 6;
  const char* ahead = m.next && part < 4 ? m.next + part * m.runs * m.groups * 64 : tile;
  const uint8_t* a = m.a + row * m.stride;
  const int32_t* lacking = m.lacking ? m.lacking + row : nullptr;
  if constexpr (ROWS == 1) {
    if (m.far) {
      vnni_sums_of_one<SIGNED, V, 1024>(m, a, lacking, tile, sums);
    } else {
      vnni_sums_of_one<SIGNED, V, 0>(m, a, lacking, tile, sums);
    }
  } else {
    vnni_sums<SIGNED, V, ROWS>(m, a, lacking, tile, ahead, sums);
  }
  store.template put<V, ROWS>(sums, store.template constants<V>(tile, tile + 64 * V), row);
}

// All rows with one tile of V vectors.
template <bool SIGNED, int V, class Store>
__attribute__((noinline)) void vnni_tile(const VnniRows& m, const char* tile, const Store& store) {
  constexpr int rows = V == 1 ? 16 : V == 4 ? 6 : 8;
  constexpr int64_t enough = V == 4 ? 9 : rows;  // 7 rows and 8 are shared out: 4 + 3, 4 + 4
  int64_t r = 0;
  for (; m.rows - r >= enough || m.rows - r == rows; r += rows) vnni_block<SIGNED, V, rows>(m, r, tile, store);
  if constexpr (V == 4) {
    if (m.rows - r > 6) vnni_block<SIGNED, V, 4>(m, r, tile, store), r += 4;
    with_vnni_rows<5>(m.rows - r, [&](auto left) SINTER_VNNI_LAMBDA {
      vnni_block<SIGNED, V, decltype(left)::value>(m, r, tile, store);
    });
  } else {
    if constexpr (V == 1) {
      if (m.rows - r >= 8) vnni_block<SIGNED, V, 8>(m, r, tile, store), r += 8;
    }
    if (m.rows - r >= 4) vnni_block<SIGNED, V, 4>(m, r, tile, store), r += 4;
    if (m.rows - r >= 2) vnni_block<SIGNED, V, 2>(m, r, tile, store), r += 2;
    if (m.rows - r >= 1) vnni_block<SIGNED, V, 1>(m, r, tile, store);
  }
}

// All rows with the tile of `columns` (1..64) columns; the tile's width is columns rounded up to 16.
template <bool SIGNED = false, class Store>
inline void vnni_any_tile(const VnniRows& m, const char* tile, const Store& store) {
  with_vectors((store.columns + 15) / 16,
               [&](auto v) SINTER_VNNI_LAMBDA { vnni_tile<SIGNED, decltype(v)::value>(m, tile, store); });
}

// Whether all scales of a tile are below 1.
inline bool vnni_scales_are_small(const char* tile, int columns) {
  const int vectors = (columns + 15) / 16;
  const __m512 one = _mm512_set1_ps(1.0f);
  __mmask16 small = 0xffff;
  for (int v = 0; v < vectors; v++) {
    const __m512 scale = _mm512_loadu_ps(tile + 64 * vectors + 64 * v);
    small &= _mm512_cmp_ps_mask(_mm512_abs_ps(scale), one, _CMP_LT_OQ);
  }
  return small == 0xffff;
}

// The same for 8-bit results.
template <bool SIGNED = false>
inline void vnni_tile_8(const VnniRows& m, const char* tile, char* c, int64_t ldc, int columns, const VnniEpilogue& e) {
  // To find out costs a row or two more than it saves them.
  if (m.rows > 2 && vnni_scales_are_small(tile, columns)) {
    vnni_any_tile<SIGNED>(m, tile, VnniStore8<true>{c, ldc, columns, e});
  } else {
    vnni_any_tile<SIGNED>(m, tile, VnniStore8<false>{c, ldc, columns, e});
  }
}

// ---- uint8 weights with a zero point ----------------------------------------------------------------

// The first value of each row of sums, times a factor modulo 2^32.
struct VnniStoreScaled {
  int32_t* c;
  uint32_t factor;

  template <int V>
  struct Constants {};
  template <int V>
  SINTER_VNNI_INLINE Constants<V> constants(const char*, const char*) const {
    return {};
  }

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m512i (&s)[V * ROWS], const Constants<V>&, int64_t row) const {
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const uint32_t sum = static_cast<uint32_t>(_mm_cvtsi128_si32(_mm512_castsi512_si128(s[V * r])));
      c[row + r] = static_cast<int32_t>(sum * factor);
    });
  }
};

// Factor times the sum of a row's `runs` runs of `bytes` unsigned values, `pitch` apart.
inline void vnni_row_sums(const uint8_t* a, int64_t rows, int64_t stride, int64_t runs, int64_t pitch, int64_t bytes,
                          uint32_t factor, int32_t* out) {
  for (int64_t r = 0; r < rows; r++) {
    __m512i sums = _mm512_setzero_si512();
    for (int64_t run = 0; run < runs; run++) {
      const uint8_t* in = a + r * stride + run * pitch;
      for (int64_t left = bytes; left > 0; left -= 64, in += 64) {
        const __m512i some = _mm512_maskz_loadu_epi8(left >= 64 ? ~__mmask64{0} : ~__mmask64{0} >> (64 - left), in);
        sums = _mm512_add_epi64(sums, _mm512_sad_epu8(some, _mm512_setzero_si512()));
      }
    }
    out[r] = static_cast<int32_t>(static_cast<uint32_t>(_mm512_reduce_add_epi64(sums)) * factor);
  }
}

// What the sums of unsigned rows lack: factor times the sum of the first `bytes` of each of a row's runs. Short rows
// are multiplied by a column of ones, since adding up within a vector takes longer.
inline void vnni_lacking(const VnniRows& m, int64_t bytes, int32_t factor, int32_t* lacking) {
  const uint32_t times = static_cast<uint32_t>(factor);
  constexpr int64_t most = 32;
  if (m.runs * m.groups <= most) {
    alignas(64) char ones[vnni_header_bytes + 64 * most];
    memset(ones, 0, vnni_header_bytes);
    const int32_t last = bytes % 4 == 0 ? 0x01010101 : (1 << bytes % 4 * 8) / 255;
    for (int64_t g = 0; g < m.runs * m.groups; g++) {
      const __m512i values = _mm512_set1_epi32((g + 1) % m.groups == 0 ? last : 0x01010101);
      _mm512_store_si512(ones + vnni_header_bytes + 64 * g, values);
    }
    vnni_tile<false, 1>(m, ones, VnniStoreScaled{lacking, times});
    return;
  }
  vnni_row_sums(m.a, m.rows, m.stride, m.runs, m.pitch, bytes, times, lacking);
}

// `left` bytes of `zero`, the `count` bytes of `from` (null: none but zeros), then zeros up to `pitch`, each with
// `flip` applied (0x80: signed bytes become unsigned); whole vectors: up to 63 bytes more.
inline void vnni_copy_padded(const uint8_t* from, int64_t count, int64_t left, int64_t pitch, uint8_t zero_byte,
                             uint8_t flip_byte, uint8_t* to) {
  const __m512i zero = _mm512_set1_epi8(static_cast<char>(zero_byte));
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(flip_byte));
  for (int64_t at = 0; at < pitch; at += 64) {
    __m512i v = zero;
    if (from && at >= left && at + 64 <= left + count) {
      v = _mm512_loadu_si512(from - left + at);
    } else if (from && at + 64 > left && at < left + count) {
      const int64_t first = left > at ? left - at : 0, last = left + count - at < 64 ? left + count - at : 64;
      const __mmask64 mask = ~__mmask64{0} >> (64 - last) & ~__mmask64{0} << first;
      v = _mm512_mask_blend_epi8(mask, zero, _mm512_maskz_loadu_epi8(mask, from - left + at));
    }
    _mm512_storeu_si512(to + at, _mm512_xor_si512(v, flip));
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_VNNI_H_
