// Turns with a side of two to four elements, for AVX2: such groups one after the other (the channels of pixels) become
// rows, or rows become groups. SPDX-License-Identifier: Apache-2.0
//
// A block is eight vectors of 16 bytes, four in the lower lanes of the registers and four in the upper ones. A vector
// holds as many groups as it had with four elements each, the first `width` lanes of 32 bits an element of all groups;
// where groups are smaller, it reaches beyond its groups: reading that does no harm but at the end, and what is written
// there comes before what belongs there. Internal linkage: for ISA files alone.
#ifndef SINTER_KERNELS_STRIDED_NARROW_H_
#define SINTER_KERNELS_STRIDED_NARROW_H_

#include <immintrin.h>
#include <stdint.h>

namespace sinter {
namespace {

inline __m128i load(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}
inline void store(char* p, __m128i x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), x);
}

template <int BYTES, int WIDTH>
struct Narrow {
  enum { GROUPS = 4 / BYTES, PER_LANE = 4 * GROUPS, POSITIONS = 2 * PER_LANE, USED = GROUPS * WIDTH * BYTES };
  enum { BEYOND = 16 - USED };

  // The bytes of a vector of groups in the order of lanes (0x80: none), and the other way round.
  static inline __m256i lanes_of_groups() {
    alignas(16) char from[16];
    for (int lane = 0; lane < 4; lane++) {
      for (int i = 0; i < 4; i++) {
        from[4 * lane + i] = static_cast<char>(lane < WIDTH ? (i / BYTES * WIDTH + lane) * BYTES + i % BYTES : 0x80);
      }
    }
    return _mm256_broadcastsi128_si256(load(from));
  }
  static inline __m256i groups_of_lanes() {
    alignas(16) char from[16];
    for (int i = 0; i < 16; i++) {
      const int element = i / BYTES, group = element / WIDTH, lane = element % WIDTH;
      from[i] = static_cast<char>(i < USED ? 4 * lane + group * BYTES + i % BYTES : 0x80);
    }
    return _mm256_broadcastsi128_si256(load(from));
  }

  // Squares of four lanes of 32 bits, in both halves.
  static inline void square(__m256i* v) {
    const __m256i low01 = _mm256_unpacklo_epi32(v[0], v[1]), high01 = _mm256_unpackhi_epi32(v[0], v[1]);
    const __m256i low23 = _mm256_unpacklo_epi32(v[2], v[3]), high23 = _mm256_unpackhi_epi32(v[2], v[3]);
    v[0] = _mm256_unpacklo_epi64(low01, low23);
    v[1] = _mm256_unpackhi_epi64(low01, low23);
    v[2] = _mm256_unpacklo_epi64(high01, high23);
    v[3] = _mm256_unpackhi_epi64(high01, high23);
  }

  // Vectors of groups, `step` bytes apart, to rows. `end`: nothing may be read beyond the last group.
  template <bool end>
  static inline void groups_to_rows(const char* in, int64_t step, char* out, int64_t out_row, __m256i order) {
    __m256i v[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      const char* upper = in + (i + 4) * step;
      const __m128i high = end && i == 3 ? _mm_srli_si128(load(upper - BEYOND), BEYOND) : load(upper);
      v[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(load(in + i * step)), high, 1);
      if (BYTES < 4) v[i] = _mm256_shuffle_epi8(v[i], order);
    }
    square(v);
#pragma GCC unroll 4
    for (int lane = 0; lane < WIDTH; lane++) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + lane * out_row), v[lane]);
    }
  }

  // Rows to vectors of groups, `step` bytes apart. `end`: nothing may be written beyond the last group.
  template <bool end>
  static inline void rows_to_groups(const char* in, int64_t in_row, char* out, int64_t step, __m256i order) {
    __m256i v[4];
#pragma GCC unroll 4
    for (int lane = 0; lane < 4; lane++) {
      v[lane] = lane < WIDTH ? _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + lane * in_row))
                             : _mm256_setzero_si256();
    }
    square(v);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      if (BYTES < 4) v[i] = _mm256_shuffle_epi8(v[i], order);
      store(out + i * step, _mm256_castsi256_si128(v[i]));
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      const __m128i x = _mm256_extracti128_si256(v[i], 1);
      char* to = out + (i + 4) * step;
      if (!end || i < 3 || BEYOND == 0) {
        store(to, x);
      } else {
        _mm_storel_epi64(reinterpret_cast<__m128i*>(to), x);
        if (USED == 12) _mm_storeu_si32(to + 8, _mm_srli_si128(x, 8));
      }
    }
  }
};

// Groups of WIDTH elements, in_row elements apart, `count` of them, to rows of `count`.
template <int WIDTH, class T>
bool apart(const T* in, int64_t in_row, T* out, int64_t out_row, int64_t count) {
  constexpr int64_t bytes = sizeof(T);
  typedef Narrow<bytes, WIDTH> N;
  if (count < N::POSITIONS || in_row < WIDTH || (in_row > WIDTH && N::GROUPS > 1)) return false;
  const __m256i order = N::lanes_of_groups();
  for (int64_t i = 0; i < count; i += N::POSITIONS) {
    const int64_t at = i + N::POSITIONS <= count ? i : count - N::POSITIONS;
    const char* from = reinterpret_cast<const char*>(in + at * in_row);
    char* to = reinterpret_cast<char*>(out + at);
    const bool end = (count - at - N::POSITIONS) * WIDTH * bytes < N::BEYOND;
    const int64_t step = in_row * bytes * N::GROUPS;
    end ? N::template groups_to_rows<true>(from, step, to, out_row * bytes, order)
        : N::template groups_to_rows<false>(from, step, to, out_row * bytes, order);
  }
  return true;
}

// WIDTH rows of `count` elements to groups, without gaps between them unless a vector is one whole group.
template <int WIDTH, class T>
bool together(const T* in, int64_t in_row, T* out, int64_t out_row, int64_t count) {
  constexpr int64_t bytes = sizeof(T);
  typedef Narrow<bytes, WIDTH> N;
  if (count < N::POSITIONS || out_row < WIDTH || (out_row > WIDTH && (N::GROUPS > 1 || N::BEYOND > 0))) return false;
  const int64_t step = out_row * bytes * N::GROUPS;
  const __m256i order = N::groups_of_lanes();
  for (int64_t i = 0; i < count; i += N::POSITIONS) {
    const int64_t at = i + N::POSITIONS <= count ? i : count - N::POSITIONS;
    const char* from = reinterpret_cast<const char*>(in + at);
    char* to = reinterpret_cast<char*>(out + at * out_row);
    const bool end = (count - at - N::POSITIONS) * WIDTH * bytes < N::BEYOND;
    end ? N::template rows_to_groups<true>(from, in_row * bytes, to, step, order)
        : N::template rows_to_groups<false>(from, in_row * bytes, to, step, order);
  }
  return true;
}

// Groups of five to sixteen elements of four bytes are several of four, the last of which overlaps the one before, for
// some 64 groups at a time, which stay in the first cache meanwhile. Calls part(first group, groups, first element).
template <class Part>
bool in_fours(int64_t groups, int64_t elements, const Part& part) {
  for (int64_t i = 0; i < groups;) {
    const int64_t some = groups - i < 128 ? groups - i : 64;
    for (int64_t e = 0; e < elements; e += 4) {
      if (!part(i, some, e + 4 <= elements ? e : elements - 4)) return false;
    }
    i += some;
  }
  return true;
}

// `tall` groups of `wide` elements to rows, or `tall` rows to groups; false where none of both is as few as this file
// is about.
template <class T>
bool turn_narrow(const T* in, int64_t in_row, T* out, int64_t out_row, int64_t tall, int64_t wide) {
  if (wide == 2) return apart<2>(in, in_row, out, out_row, tall);
  if (wide == 3) return apart<3>(in, in_row, out, out_row, tall);
  if (wide == 4) return apart<4>(in, in_row, out, out_row, tall);
  if (tall == 2) return together<2>(in, in_row, out, out_row, wide);
  if (tall == 3) return together<3>(in, in_row, out, out_row, wide);
  if (tall == 4) return together<4>(in, in_row, out, out_row, wide);
  if (sizeof(T) == 4 && wide > 4 && wide <= 16) {
    return in_fours(tall, wide, [=](int64_t i, int64_t groups, int64_t e) {
      return apart<4>(in + i * in_row + e, in_row, out + e * out_row + i, out_row, groups);
    });
  }
  if (sizeof(T) == 4 && tall > 4 && tall < 8) {
    return in_fours(wide, tall, [=](int64_t i, int64_t groups, int64_t e) {
      return together<4>(in + e * in_row + i, in_row, out + i * out_row + e, out_row, groups);
    });
  }
  return false;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_STRIDED_NARROW_H_
