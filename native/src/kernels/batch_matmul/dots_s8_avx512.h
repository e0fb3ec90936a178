// One row of A in int8 by all of B where it stands, for AVX-512 VNNI: B is read once, so packing it would cost more
// than the products. Only for files that are built for AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
//
// With u = a + 128 and z = za + 128, both unsigned bytes: sum (a - za) b = sum u b - sum z b.
#ifndef SINTER_KERNELS_BATCH_MATMUL_DOTS_S8_AVX512_H_
#define SINTER_KERNELS_BATCH_MATMUL_DOTS_S8_AVX512_H_

#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

// A row, unsigned, zeros up to a multiple of 64 bytes, by B, whose values of k stand next to each other (`transposed`)
// or its columns do; rows of B are ldb apart.
struct RowDots {
  const uint8_t* a;
  int64_t k;
  const int8_t* b;
  int64_t ldb;
  bool transposed;
  uint8_t z;
  int32_t term;  // of each sum: B's zero point by the row's
};

inline __mmask64 first_bytes(int64_t count) {
  return count >= 64 ? ~__mmask64{0} : count <= 0 ? __mmask64{0} : ~__mmask64{0} >> (64 - count);
}

// Lane j: the sum of t[j]'s lanes.
inline __m512i sums_of_lanes(const __m512i (&t)[16]) {
  __m512i fours[4];
  vnni_repeat<4>([&](auto i) SINTER_VNNI_LAMBDA {
    const __m512i *at = t + 4 * i, a = at[0], b = at[1], c = at[2], d = at[3];
    const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    fours[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  });
  const auto both = [](__m512i a, __m512i b) {
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
  };
  return both(both(fours[0], fours[1]), both(fours[2], fours[3]));
}

// 16 columns (fewer: any sums for those past them) of a transposed B, from column n on.
template <bool MOVED>
inline __m512i dots_along_k(const RowDots& q, int64_t n, int64_t columns) {
  const __m512i z = _mm512_set1_epi8(static_cast<char>(q.z));
  __m512i t[16];
  vnni_repeat<2>([&](auto half) SINTER_VNNI_LAMBDA {
    __m512i s[8], moved[8];
    const int8_t* b[8];
    vnni_repeat<8>([&](auto j) SINTER_VNNI_LAMBDA {
      constexpr int column = 8 * decltype(half)::value + decltype(j)::value;
      b[j] = q.b + (n + (column < columns ? column : columns - 1)) * q.ldb;
      s[j] = moved[j] = _mm512_setzero_si512();
    });
    for (int64_t k = 0; k < q.k; k += 64) {
      const __m512i a = _mm512_loadu_si512(q.a + k);
      const __mmask64 mask = first_bytes(q.k - k);
      vnni_repeat<8>([&](auto j) SINTER_VNNI_LAMBDA {
        const __m512i values = _mm512_maskz_loadu_epi8(mask, b[j] + k);
        dot4(&s[j], a, values);
        if constexpr (MOVED) dot4(&moved[j], z, values);
      });
    }
    vnni_repeat<8>([&](auto j) SINTER_VNNI_LAMBDA { t[8 * half + j] = _mm512_sub_epi32(s[j], moved[j]); });
  });
  return sums_of_lanes(t);
}

// 64 columns (fewer: those past them are not read) of a B that is not transposed.
template <bool MOVED>
inline void dots_across_k(const RowDots& q, int64_t n, int64_t columns, __m512i (&sums)[4]) {
  const __m512i z = _mm512_set1_epi8(static_cast<char>(q.z));
  const __mmask64 mask = first_bytes(columns);
  __m512i s[4], moved[4];
  vnni_repeat<4>([&](auto j) SINTER_VNNI_LAMBDA { s[j] = moved[j] = _mm512_setzero_si512(); });
  const int8_t* b = q.b + n;
  for (int64_t k = 0; k < q.k; k += 4, b += 4 * q.ldb) {
    __m512i r[4];
    vnni_repeat<4>([&](auto i) SINTER_VNNI_LAMBDA {
      r[i] = k + i < q.k ? _mm512_maskz_loadu_epi8(mask, b + i * q.ldb) : _mm512_setzero_si512();
    });
    const __m512i low = _mm512_unpacklo_epi8(r[0], r[1]), high = _mm512_unpackhi_epi8(r[0], r[1]);
    const __m512i low2 = _mm512_unpacklo_epi8(r[2], r[3]), high2 = _mm512_unpackhi_epi8(r[2], r[3]);
    const __m512i quads[4] = {_mm512_unpacklo_epi16(low, low2), _mm512_unpackhi_epi16(low, low2),
                              _mm512_unpacklo_epi16(high, high2), _mm512_unpackhi_epi16(high, high2)};
    const __m512i a = four<false>(q.a + k);
    vnni_repeat<4>([&](auto j) SINTER_VNNI_LAMBDA {
      dot4(&s[j], a, quads[j]);
      if constexpr (MOVED) dot4(&moved[j], z, quads[j]);
    });
  }
  vnni_repeat<4>([&](auto j) SINTER_VNNI_LAMBDA { s[j] = _mm512_sub_epi32(s[j], moved[j]); });
  // Quarter i of s[j] has the columns 16 i + 4 j.
  const __m512i a = _mm512_shuffle_i32x4(s[0], s[1], 0x44), b4 = _mm512_shuffle_i32x4(s[0], s[1], 0xee);
  const __m512i c = _mm512_shuffle_i32x4(s[2], s[3], 0x44), d = _mm512_shuffle_i32x4(s[2], s[3], 0xee);
  sums[0] = _mm512_shuffle_i32x4(a, c, 0x88);
  sums[1] = _mm512_shuffle_i32x4(a, c, 0xdd);
  sums[2] = _mm512_shuffle_i32x4(b4, d, 0x88);
  sums[3] = _mm512_shuffle_i32x4(b4, d, 0xdd);
}

// Results of columns n .. end - 1.
template <bool MOVED>
inline void row_dots(const RowDots& q, int64_t n, int64_t end, __m512 scale, const VnniEpilogue& e, char* c) {
  const __m512i term = _mm512_set1_epi32(q.term);
  const __m512 highest = _mm512_set1_ps(e.highest);
  for (; n < end; n += 64) {
    const int64_t columns = end - n < 64 ? end - n : 64;
    __m512i s[4];
    if (q.transposed) {
      vnni_repeat<4>([&](auto v) SINTER_VNNI_LAMBDA {
        const int64_t left = columns - 16 * v;
        s[v] = left > 0 ? dots_along_k<MOVED>(q, n + 16 * v, left) : _mm512_setzero_si512();
      });
    } else {
      dots_across_k<MOVED>(q, n, columns, s);
    }
    vnni_repeat<4>([&](auto v)
                       SINTER_VNNI_LAMBDA { s[v] = vnni_scaled<false>(_mm512_add_epi32(s[v], term), scale, highest); });
    vnni_store_some(c + n, vnni_bytes<false>(s[0], s[1], s[2], s[3], e), columns);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_BATCH_MATMUL_DOTS_S8_AVX512_H_
