// batch_matmul in int8 for AVX2: both operands become int16 less their zero points, neighbours in k side by
// side; vpmaddwd adds their products exactly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/batch_matmul/dots_s8_avx2.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/batch_matmul/transpose_avx2.h"
#include "kernels/gemm/tile_avx2.h"

namespace sinter {
namespace {

// An operand seen as vectors along k: the value (k, x) stands at in[k * k_step + x * x_step].
struct Operand {
  const int8_t* in;
  int64_t k_step, x_step;
  int64_t k;
  int32_t zero_point;
};

// Pairs g0 <= g < g1 of the vectors x0 <= x < x1, one by one; out[g * g_stride + x * x_stride] is a pair.
inline void pack_pairs(const Operand& o, int64_t g0, int64_t g1, int64_t x0, int64_t x1, int16_t* out, int64_t g_stride,
                       int64_t x_stride) {
  for (int64_t g = g0; g < g1; g++) {
    for (int64_t x = x0; x < x1; x++) {
      const int8_t* in = o.in + 2 * g * o.k_step + x * o.x_step;
      int16_t* pair = out + 2 * (g * g_stride + x * x_stride);
      pair[0] = static_cast<int16_t>(in[0] - o.zero_point);
      pair[1] = 2 * g + 1 < o.k ? static_cast<int16_t>(in[o.k_step] - o.zero_point) : int16_t{0};
    }
  }
}

inline __m256i less(__m128i bytes, __m256i zero_point) {
  return _mm256_sub_epi16(_mm256_cvtepi8_epi16(bytes), zero_point);
}
inline __m128i load_8(const int8_t* in) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(in));
}

// Pairs of `rows` vectors, each with all its pairs together: [rows][pairs]. A's panel.
inline void pack_rows(const Operand& o, int64_t rows, int16_t* out) {
  const int64_t pairs = (o.k + 1) / 2;
  const __m256i zero_point = _mm256_set1_epi16(static_cast<int16_t>(o.zero_point));
  if (o.k_step == 1) {
    for (int64_t x = 0; x < rows; x++, out += 2 * pairs) {
      const int8_t* in = o.in + x * o.x_step;
      int64_t k = 0;
      for (; k + 16 <= o.k; k += 16) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + k),
                            less(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + k)), zero_point));
      }
      for (; k < o.k; k++) out[k] = static_cast<int16_t>(in[k] - o.zero_point);
      if (o.k & 1) out[o.k] = 0;
    }
    return;
  }
  int64_t x = 0;
  for (; x + 8 <= rows; x += 8) {
    int64_t g = 0;
    for (; 2 * g + 16 <= o.k; g += 8) {
      __m256 r[8];
      for (int l = 0; l < 8; l++) {
        const int8_t* in = o.in + 2 * (g + l) * o.k_step + x;
        r[l] = _mm256_castsi256_ps(less(_mm_unpacklo_epi8(load_8(in), load_8(in + o.k_step)), zero_point));
      }
      transpose_8x8(r);
      for (int l = 0; l < 8; l++) {
        _mm256_storeu_ps(reinterpret_cast<float*>(out + 2 * ((x + l) * pairs + g)), r[l]);
      }
    }
    pack_pairs(o, g, pairs, x, x + 8, out, 1, pairs);
  }
  pack_pairs(o, 0, pairs, x, rows, out, 1, pairs);
}

// Pairs of `columns` (at most 16) vectors, the columns of a pair together: [pairs][16]. B's tile.
inline void pack_columns(const Operand& o, int columns, int16_t* out) {
  const int64_t pairs = (o.k + 1) / 2;
  const __m256i zero_point = _mm256_set1_epi16(static_cast<int16_t>(o.zero_point));
  int64_t x = 0;
  if (o.k_step == 1) {
    for (; x + 8 <= columns; x += 8) {
      int64_t g = 0;
      for (; 2 * g + 16 <= o.k; g += 8) {
        __m256 r[8];
        for (int l = 0; l < 8; l++) {
          const int8_t* in = o.in + (x + l) * o.x_step + 2 * g;
          r[l] = _mm256_castsi256_ps(less(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)), zero_point));
        }
        transpose_8x8(r);
        for (int l = 0; l < 8; l++) _mm256_storeu_ps(reinterpret_cast<float*>(out + 2 * ((g + l) * 16 + x)), r[l]);
      }
      pack_pairs(o, g, pairs, x, x + 8, out, 16, 1);
    }
  } else {
    for (; x + 8 <= columns; x += 8) {
      int64_t g = 0;
      for (; 2 * g + 1 < o.k; g++) {
        const int8_t* in = o.in + 2 * g * o.k_step + x;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 2 * (g * 16 + x)),
                            less(_mm_unpacklo_epi8(load_8(in), load_8(in + o.k_step)), zero_point));
      }
      pack_pairs(o, g, pairs, x, x + 8, out, 16, 1);
    }
  }
  pack_pairs(o, 0, pairs, x, columns, out, 16, 1);
}

template <int ROWS>
inline void product_tile(const int16_t* a, int64_t stride, const int16_t* tile, int64_t pairs, int8_t* c, int64_t ldc,
                         int columns, float scale, const Epilogue& e) {
  __m256i sums[12];
  pair_sums<ROWS>(pair_rows(a, stride, pairs), tile, sums);
  const __m256 scales = _mm256_set1_ps(scale);
  for (int r = 0; r < ROWS; r++) {
    store_bytes(c + r * ldc, requantize(sums[2 * r], sums[2 * r + 1], scales, scales, e), columns);
  }
}

// So few rows take B where it stands: each reads it anew.
constexpr int64_t MOST_DOTS = 2;

// Columns n0 .. n1 - 1 of a row of A. own: room for k values rounded up to 16.
inline void row_by_b(const BatchMatmulParams& p, const Operand& row, const int8_t* b, int64_t n0, int64_t n1,
                     const Epilogue& e, int16_t* own, int8_t* c) {
  pack_rows(row, 1, own);
  uint32_t sum = 0;
  for (int64_t k = 0; p.b_zero_point != 0 && k < row.k; k++) sum += static_cast<uint32_t>(own[k]);
  for (int64_t k = row.k; k % 16 != 0; k++) own[k] = 0;
  const int32_t term = static_cast<int32_t>(0 - static_cast<uint32_t>(p.b_zero_point) * sum);
  row_dots({own, row.k, b, b_pitch(p), p.transpose_b != 0, term}, n0, n1, p.scale, e, c);
}

}  // namespace

void batch_matmul_s8s8s8_avx2(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const Products q = products_of(p);
  const int64_t lda = a_pitch(p), ldb = b_pitch(p), ldc = c_pitch(p);
  const Cut cut = cut_avx2_s8(p, call->workers->threads);
  const int64_t all_tiles = (int64_t{p.n} + 15) / 16, pairs = (int64_t{p.k} + 1) / 2, stride = 2 * pairs;
  const int64_t thread_bytes = thread_bytes_avx2_s8(p, cut), parts = cut.column_parts * cut.row_parts;
  const Epilogue e = make_epilogue(p.out_zero_point, p.out_min, p.out_max);
  parallel_for(call->workers, q.batches * parts, [&](int64_t task, int thread) {
    const int64_t index = task / parts, part = task % parts;
    const int8_t* a = static_cast<const int8_t*>(call->slots[BATCH_MATMUL_A]) + a_offset(p, index);
    const int8_t* b = static_cast<const int8_t*>(call->slots[BATCH_MATMUL_B]) + b_offset(p, index);
    int8_t* c = static_cast<int8_t*>(call->slots[BATCH_MATMUL_C]) + c_offset(p, index);
    int16_t* tiles = reinterpret_cast<int16_t*>(static_cast<char*>(call->scratch) + thread * thread_bytes);
    int16_t* panel = tiles + cut.tiles * 32 * pairs;
    const int64_t t0 = part / cut.row_parts * cut.tiles, m0 = part % cut.row_parts * cut.rows;
    const int64_t t1 = all_tiles - t0 < cut.tiles ? all_tiles : t0 + cut.tiles;
    const int64_t m1 = q.m - m0 < cut.rows ? q.m : m0 + cut.rows;
    Operand left = {nullptr, p.transpose_a ? lda : 1, p.transpose_a ? 1 : lda, p.k, p.a_zero_point};
    Operand right = {nullptr, p.transpose_b ? 1 : ldb, p.transpose_b ? ldb : 1, p.k, p.b_zero_point};
    if (q.m <= MOST_DOTS) {
      for (int64_t m = m0; m < m1; m++) {
        left.in = a + m * left.x_step;
        row_by_b(p, left, b, t0 * 16, t1 * 16 < p.n ? t1 * 16 : p.n, e, tiles, c + m * ldc);
      }
      return;
    }
    for (int64_t t = t0; t < t1; t++) {
      right.in = b + t * 16 * right.x_step;
      pack_columns(right, p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16, tiles + (t - t0) * 32 * pairs);
    }
    for (int64_t m = m0; m < m1; m += cut.block) {
      const int64_t rows = m1 - m < cut.block ? m1 - m : cut.block;
      left.in = a + m * left.x_step;
      pack_rows(left, rows, panel);
      for (int64_t t = t0; t < t1; t++) {
        const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
        for (int64_t r = 0; r < rows; r += 6) {
          with_rows(rows - r, [&](auto count) {
            product_tile<decltype(count)::value>(panel + r * stride, stride, tiles + (t - t0) * 32 * pairs, pairs,
                                                 c + (m + r) * ldc + t * 16, ldc, columns, p.scale, e);
          });
        }
      }
    }
  });
}

}  // namespace sinter
