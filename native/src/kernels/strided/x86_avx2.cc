// strided for AVX2: planes that cross are turned in registers.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "kernels/strided/backwards.h"
#include "kernels/strided/drive.h"
#include "kernels/strided/narrow.h"

namespace sinter {
namespace {

// Squares of N elements: `in` rows are in_row bytes apart, those of `out` out_row.
template <int BYTES>
struct Square;

template <>
struct Square<1> {
  enum { N = 16 };
  static inline void turn(const char* in, int64_t in_row, char* out, int64_t out_row) {
    // Rows eight apart share a register; in each half eight rows of sixteen bytes become pairs of columns.
    __m256i v[8], w[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
      v[i] = _mm256_inserti128_si256(_mm256_castsi128_si256(load(in + i * in_row)), load(in + (i + 8) * in_row), 1);
    }
    // A stage interleaves vectors that are half of all apart; after as many stages as a row's number has bits, rows are
    // columns.
#pragma GCC unroll 3
    for (int stage = 0; stage < 3; stage++) {
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++) {
        w[2 * i] = _mm256_unpacklo_epi8(v[i], v[i + 4]);
        w[2 * i + 1] = _mm256_unpackhi_epi8(v[i], v[i + 4]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < 8; i++) v[i] = w[i];
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
      const __m256i columns = _mm256_permute4x64_epi64(v[i], 0xd8);
      store(out + 2 * i * out_row, _mm256_castsi256_si128(columns));
      store(out + (2 * i + 1) * out_row, _mm256_extracti128_si256(columns, 1));
    }
  }
};

template <>
struct Square<2> {
  enum { N = 8 };
  static inline void turn(const char* in, int64_t in_row, char* out, int64_t out_row) {
    __m128i v[N], w[N];
#pragma GCC unroll 8
    for (int i = 0; i < N; i++) v[i] = load(in + i * in_row);
#pragma GCC unroll 3
    for (int stage = 0; stage < 3; stage++) {
#pragma GCC unroll 4
      for (int i = 0; i < N / 2; i++) {
        w[2 * i] = _mm_unpacklo_epi16(v[i], v[i + N / 2]);
        w[2 * i + 1] = _mm_unpackhi_epi16(v[i], v[i + N / 2]);
      }
#pragma GCC unroll 8
      for (int i = 0; i < N; i++) v[i] = w[i];
    }
#pragma GCC unroll 8
    for (int i = 0; i < N; i++) store(out + i * out_row, v[i]);
  }
};

template <>
struct Square<4> {
  enum { N = 8 };
  static inline void turn(const char* in, int64_t in_row, char* out, int64_t out_row) {
    // Halves of rows four apart share a register; squares of four are then turned in both halves.
    __m256 v[N], w[N];
    const auto half = [&](int row, int column) { return _mm_castsi128_ps(load(in + row * in_row + 16 * column)); };
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      v[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(half(i, 0)), half(i + 4, 0), 1);
      v[i + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(half(i, 1)), half(i + 4, 1), 1);
    }
#pragma GCC unroll 2
    for (int i = 0; i < N; i += 4) {
      const __m256 t0 = _mm256_unpacklo_ps(v[i], v[i + 1]), t1 = _mm256_unpackhi_ps(v[i], v[i + 1]);
      const __m256 t2 = _mm256_unpacklo_ps(v[i + 2], v[i + 3]), t3 = _mm256_unpackhi_ps(v[i + 2], v[i + 3]);
      w[i] = _mm256_shuffle_ps(t0, t2, 0x44);
      w[i + 1] = _mm256_shuffle_ps(t0, t2, 0xee);
      w[i + 2] = _mm256_shuffle_ps(t1, t3, 0x44);
      w[i + 3] = _mm256_shuffle_ps(t1, t3, 0xee);
    }
#pragma GCC unroll 8
    for (int i = 0; i < N; i++) _mm256_storeu_ps(reinterpret_cast<float*>(out + i * out_row), w[i]);
  }
};

template <>
struct Square<8> {
  enum { N = 4 };
  static inline void turn(const char* in, int64_t in_row, char* out, int64_t out_row) {
    __m256d v[N];
#pragma GCC unroll 4
    for (int i = 0; i < N; i++) v[i] = _mm256_loadu_pd(reinterpret_cast<const double*>(in + i * in_row));
    const __m256d t0 = _mm256_unpacklo_pd(v[0], v[1]), t1 = _mm256_unpackhi_pd(v[0], v[1]);
    const __m256d t2 = _mm256_unpacklo_pd(v[2], v[3]), t3 = _mm256_unpackhi_pd(v[2], v[3]);
    const auto put = [&](int row, __m256d x) { _mm256_storeu_pd(reinterpret_cast<double*>(out + row * out_row), x); };
    put(0, _mm256_permute2f128_pd(t0, t2, 0x20));
    put(1, _mm256_permute2f128_pd(t1, t3, 0x20));
    put(2, _mm256_permute2f128_pd(t0, t2, 0x31));
    put(3, _mm256_permute2f128_pd(t1, t3, 0x31));
  }
};

// Squares of which one side is shorter, by way of whole ones beside the tensors: nothing beyond is read or written.
template <class T>
bool turn_partly(const T* in, int64_t in_row, T* out, int64_t out_row, int64_t tall, int64_t wide) {
  typedef Square<sizeof(T)> S;
  constexpr int64_t bytes = sizeof(T), n = S::N, row = n * bytes;
  if (tall * wide < 4 * n) return false;  // elements one by one take no longer
  alignas(32) char rows[n * row] = {}, turned[n * row];
  for (int64_t t0 = 0; t0 < tall; t0 += n) {
    const int64_t high = t0 + n < tall ? n : tall - t0;
    for (int64_t w0 = 0; w0 < wide; w0 += n) {
      const int64_t across = w0 + n < wide ? n : wide - w0;
      const char* from = reinterpret_cast<const char*>(in + t0 * in_row + w0);
      char* to = reinterpret_cast<char*>(out + w0 * out_row + t0);
      // Whether whole rows of a square end before the last element.
      if (in_row > 0 && (t0 + n - 1) * in_row + w0 + n <= (tall - 1) * in_row + wide) {
        S::turn(from, in_row * bytes, turned, row);
      } else {
        for (int64_t r = 0; r < high; r++) {
          across == n ? move<row>(rows + r * row, from + r * in_row * bytes)
                      : copy_run(rows + r * row, from + r * in_row * bytes, across * bytes);
        }
        // Rows without gaps may be written whole: what comes after their own elements is overwritten by the next ones.
        if (out_row == tall && tall < n && across == n && (w0 + n - 1) * tall + n <= wide * tall) {
          S::turn(rows, row, to, out_row * bytes);
          continue;
        }
        S::turn(rows, row, turned, row);
      }
      for (int64_t c = 0; c < across; c++) {
        high == n ? move<row>(to + c * out_row * bytes, turned + c * row)
                  : copy_run(to + c * out_row * bytes, turned + c * row, high * bytes);
      }
    }
  }
  return true;
}

struct Turning {
  template <class T>
  static bool turn(const T* in, T* out, const Plane& p) {
    // `wide`: along what the input is contiguous; `tall`: along what the output is.
    int64_t tall, wide, in_row, out_row;
    if (p.in_column == 1 && p.out_row == 1) {
      tall = p.rows, wide = p.columns, in_row = p.in_row, out_row = p.out_column;
    } else if (p.in_row == 1 && p.out_column == 1) {
      tall = p.columns, wide = p.rows, in_row = p.in_column, out_row = p.out_row;
    } else {
      return false;
    }
    typedef Square<sizeof(T)> S;
    constexpr int64_t bytes = sizeof(T), n = S::N, strip = 64 / bytes;
    if constexpr (bytes < 8) {
      if (turn_narrow(in, in_row, out, out_row, tall, wide)) return true;
    }
    if (tall < n || wide < n) return turn_partly(in, in_row, out, out_row, tall, wide);
    // A line of the cache of each input row at a time; squares at the ends overlap those before. Where an input row is
    // no more than that, a line of each output row is written at a time, too: those of some maps share a place in the
    // cache, which they would leave half written.
    const int64_t lines = wide <= strip ? strip : n;
    for (int64_t w0 = 0; w0 < wide; w0 += strip) {
      const int64_t w1 = w0 + strip < wide ? w0 + strip : wide;
      for (int64_t t0 = 0; t0 < tall; t0 += lines) {
        const int64_t t1 = t0 + lines < tall ? t0 + lines : tall;
        for (int64_t w = w0; w < w1; w += n) {
          const int64_t column = w + n <= wide ? w : wide - n;
          for (int64_t t = t0; t < t1; t += n) {
            const int64_t r = t + n <= tall ? t : tall - n;
            S::turn(reinterpret_cast<const char*>(in) + (r * in_row + column) * bytes, in_row * bytes,
                    reinterpret_cast<char*>(out) + (column * out_row + r) * bytes, out_row * bytes);
          }
        }
      }
    }
    return true;
  }
  template <class T>
  static bool reverse(const T* in, T* out, const Plane& p) {
    return backwards(in, out, p);
  }
};

}  // namespace

void strided_u8_avx2(const Call* call) {
  run_any<Turning>(call);
}

}  // namespace sinter
