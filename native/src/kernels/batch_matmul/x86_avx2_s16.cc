// batch_matmul in int16, and of int16 by int8, for AVX2: A is cut into high and low bytes, so that sums of pairs of
// products stay in 32 bits for 127 pairs; then they are added up in 64.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/batch_matmul/transpose_avx2.h"
#include "kernels/gemm/tile_avx2_s16.h"

namespace sinter {
namespace {

// An operand seen as vectors along k: the value (k, x) stands at in[k * k_step + x * x_step].
template <class T>
struct Vectors {
  const T* in;
  int64_t k_step, x_step, k;
};

inline __m256i words(const int16_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline __m256i words(const int8_t* p) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}

// Rows of A: [rows][k rounded up to 2], the high bytes in one panel, the low bytes, 0 to 255, in the other.
inline void split_rows(const Vectors<int16_t>& a, int64_t rows, int64_t stride, int16_t* high, int16_t* low) {
  for (int64_t r = 0; r < rows; r++, high += stride, low += stride) {
    const int16_t* in = a.in + r * a.x_step;
    int64_t k = 0;
    for (; a.k_step == 1 && k + 16 <= a.k; k += 16) {
      const __m256i x = words(in + k);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(high + k), _mm256_srai_epi16(x, 8));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(low + k), _mm256_and_si256(x, _mm256_set1_epi16(255)));
    }
    for (; k < stride; k++) {
      const int16_t x = k < a.k ? in[k * a.k_step] : int16_t{0};
      high[k] = static_cast<int16_t>(x >> 8);
      low[k] = static_cast<int16_t>(x & 255);
    }
  }
}

// `columns` (at most 16) columns of B: [pairs][16][2].
template <class T>
inline void pack_columns(const Vectors<T>& b, int columns, int16_t* out) {
  const int64_t pairs = (b.k + 1) / 2;
  const auto one_by_one = [&](int64_t g0, int x0, int x1) {
    for (int64_t g = g0; g < pairs; g++) {
      for (int x = x0; x < x1; x++) {
        const T* in = b.in + 2 * g * b.k_step + x * b.x_step;
        out[2 * (g * 16 + x)] = in[0];
        out[2 * (g * 16 + x) + 1] = 2 * g + 1 < b.k ? in[b.k_step] : int16_t{0};
      }
    }
  };
  int x = 0;
  if (b.k_step == 1) {
    for (; x + 8 <= columns; x += 8) {
      int64_t g = 0;
      for (; 2 * g + 16 <= b.k; g += 8) {
        __m256 r[8];
        for (int l = 0; l < 8; l++) r[l] = _mm256_castsi256_ps(words(b.in + (x + l) * b.x_step + 2 * g));
        transpose_8x8(r);
        for (int l = 0; l < 8; l++) _mm256_storeu_ps(reinterpret_cast<float*>(out + 2 * ((g + l) * 16 + x)), r[l]);
      }
      one_by_one(g, x, x + 8);
    }
  } else if (columns == 16) {
    int64_t g = 0;
    for (; 2 * g + 1 < b.k; g++) {
      const __m256i even = words(b.in + 2 * g * b.k_step), odd = words(b.in + (2 * g + 1) * b.k_step);
      const __m256i low = _mm256_unpacklo_epi16(even, odd), high = _mm256_unpackhi_epi16(even, odd);
      __m256i* to = reinterpret_cast<__m256i*>(out + 32 * g);
      _mm256_storeu_si256(to, _mm256_permute2x128_si256(low, high, 0x20));
      _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(low, high, 0x31));
    }
    one_by_one(g, 0, 16);
    x = 16;
  }
  one_by_one(0, x, columns);
}

template <int ROWS>
inline void product_tile(const int16_t* high, const int16_t* low, int64_t stride, const int16_t* tile, int64_t pairs,
                         int16_t* c, int64_t ldc, int columns, const Columns16& constants, const Epilogue16& e) {
  alignas(32) int64_t totals[ROWS][S16_TILE_COLUMNS] = {};
  for (int64_t done = 0; done < pairs; done += 127) {  // a pair of products is at most 2 * 255 * 2^15
    const int64_t count = pairs - done < 127 ? pairs - done : 127;
    __m256i upper[12], lower[12];
    pair_sums<ROWS>(pair_rows(high + 2 * done, stride, count), tile + 32 * done, upper);
    pair_sums<ROWS>(pair_rows(low + 2 * done, stride, count), tile + 32 * done, lower);
    for (int r = 0; r < ROWS; r++) {
      __m256i* total = reinterpret_cast<__m256i*>(totals[r]);
      for (int v = 0; v < 4; v++) {
        const __m256i h = upper[2 * r + v / 2], l = lower[2 * r + v / 2];
        const __m128i h4 = v % 2 ? _mm256_extracti128_si256(h, 1) : _mm256_castsi256_si128(h);
        const __m128i l4 = v % 2 ? _mm256_extracti128_si256(l, 1) : _mm256_castsi256_si128(l);
        const __m256i sum =
            _mm256_add_epi64(_mm256_slli_epi64(_mm256_cvtepi32_epi64(h4), 8), _mm256_cvtepi32_epi64(l4));
        total[v] = _mm256_add_epi64(total[v], sum);
      }
    }
  }
  store_totals<ROWS>(totals, constants, c, ldc, columns, e);
}

template <class T>
inline void multiply(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const Products q = products_of(p);
  const int64_t lda = a_pitch(p), ldb = b_pitch(p), ldc = c_pitch(p);
  const Cut cut = cut_avx2_s8(p, call->workers->threads);
  const int64_t all_tiles = (int64_t{p.n} + 15) / 16, pairs = (int64_t{p.k} + 1) / 2, stride = 2 * pairs;
  const int64_t thread_bytes = thread_bytes_avx2_s16(p, cut), parts = cut.column_parts * cut.row_parts;
  const Epilogue16 e = {REQUANTIZE_FIXED_64, p.out_min, p.out_max};
  int32_t multipliers[S16_TILE_COLUMNS], shifts[S16_TILE_COLUMNS];
  for (int i = 0; i < S16_TILE_COLUMNS; i++) multipliers[i] = p.scale_multiplier, shifts[i] = p.scale_shift;
  const Columns16 constants = {nullptr, nullptr, multipliers, shifts, nullptr};
  parallel_for(call->workers, q.batches * parts, [&](int64_t task, int thread) {
    const int64_t index = task / parts, part = task % parts;
    const int16_t* a = static_cast<const int16_t*>(call->slots[BATCH_MATMUL_A]) + a_offset(p, index);
    const T* b = static_cast<const T*>(call->slots[BATCH_MATMUL_B]) + b_offset(p, index);
    int16_t* c = static_cast<int16_t*>(call->slots[BATCH_MATMUL_C]) + c_offset(p, index);
    int16_t* tiles = reinterpret_cast<int16_t*>(static_cast<char*>(call->scratch) + thread * thread_bytes);
    int16_t *high = tiles + cut.tiles * 32 * pairs, *low = high + cut.block * stride;
    const int64_t t0 = part / cut.row_parts * cut.tiles, m0 = part % cut.row_parts * cut.rows;
    const int64_t t1 = all_tiles - t0 < cut.tiles ? all_tiles : t0 + cut.tiles;
    const int64_t m1 = q.m - m0 < cut.rows ? q.m : m0 + cut.rows;
    Vectors<int16_t> left = {nullptr, p.transpose_a ? lda : 1, p.transpose_a ? 1 : lda, p.k};
    Vectors<T> right = {nullptr, p.transpose_b ? 1 : ldb, p.transpose_b ? ldb : 1, p.k};
    const auto columns_of = [&](int64_t t) { return p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16; };
    for (int64_t t = t0; t < t1; t++) {
      right.in = b + t * 16 * right.x_step;
      pack_columns(right, columns_of(t), tiles + (t - t0) * 32 * pairs);
    }
    for (int64_t m = m0; m < m1; m += cut.block) {
      const int64_t rows = m1 - m < cut.block ? m1 - m : cut.block;
      left.in = a + m * left.x_step;
      split_rows(left, rows, stride, high, low);
      for (int64_t t = t0; t < t1; t++) {
        for (int64_t r = 0; r < rows; r += 6) {
          with_rows(rows - r, [&](auto count) {
            product_tile<decltype(count)::value>(high + r * stride, low + r * stride, stride,
                                                 tiles + (t - t0) * 32 * pairs, pairs, c + (m + r) * ldc + t * 16, ldc,
                                                 columns_of(t), constants, e);
          });
        }
      }
    }
  });
}

}  // namespace

void batch_matmul_s16s16s16_avx2(const Call* call) {
  multiply<int16_t>(call);
}
void batch_matmul_s16s8s16_avx2(const Call* call) {
  multiply<int8_t>(call);
}

}  // namespace sinter
