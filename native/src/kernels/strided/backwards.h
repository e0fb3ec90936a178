// Rows that are read backwards, for AVX2: vectors whose elements are put in reverse; of shorter rows
// as many at a time as it holds. Internal linkage: for ISA files alone. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_STRIDED_BACKWARDS_H_
#define SINTER_KERNELS_STRIDED_BACKWARDS_H_

#include <immintrin.h>
#include <stdint.h>

#include "kernels/strided/drive.h"
#include "kernels/strided/narrow.h"

namespace sinter {
namespace {

// Takes the bytes of each `row` bytes of 16 in reverse, in elements of BYTES; what is beyond whole rows is left open.
template <int BYTES>
inline __m128i reversal(int row) {
  alignas(16) char from[16];
  for (int i = 0; i < 16; i++)
    from[i] = static_cast<char>((i / row * row + row - BYTES - i % row / BYTES * BYTES + i % BYTES) & 15);
  return load(from);
}

// `in` is the first element that is read, the last one of its row.
template <class T>
bool backwards(const T* in, T* out, const Plane& p) {
  constexpr int64_t bytes = sizeof(T), half = 16 / bytes, whole = 32 / bytes;
  const int64_t n = p.columns;
  if (n >= half) {
    const __m256i order = _mm256_broadcastsi128_si256(reversal<bytes>(16));
    for (int64_t r = 0; r < p.rows; r++) {
      const char* from = reinterpret_cast<const char*>(in + r * p.in_row + 1);  // behind what is read
      char* to = reinterpret_cast<char*>(out + r * p.out_row);
      const auto sixteen = [&](int64_t at) {
        store(to + at * bytes, _mm_shuffle_epi8(load(from - (at + half) * bytes), _mm256_castsi256_si128(order)));
      };
      int64_t at = 0;
      for (; at + whole <= n; at += whole) {
        const char* high = from - (at + half) * bytes;
        const __m256i x = _mm256_inserti128_si256(_mm256_castsi128_si256(load(high)), load(high - 16), 1);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + at * bytes), _mm256_shuffle_epi8(x, order));
      }
      if (at + half <= n) sixteen(at), at += half;
      if (at < n) sixteen(n - half);
    }
    return true;
  }
  // Neighbouring short rows: what is written beyond whole ones comes before what belongs there.
  if (p.in_row != n || p.out_row != n) return false;
  const __m128i order = reversal<bytes>(static_cast<int>(n * bytes));
  const int64_t group = half / n;
  const T* first = in + 1 - n;
  int64_t r = 0;
  for (; (p.rows - r) * n >= half; r += group) {
    store(reinterpret_cast<char*>(out + r * n),
          _mm_shuffle_epi8(load(reinterpret_cast<const char*>(first + r * n)), order));
  }
  for (; r < p.rows; r++) {
    for (int64_t c = 0; c < n; c++) out[r * n + c] = first[r * n + n - 1 - c];
  }
  return true;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_STRIDED_BACKWARDS_H_
