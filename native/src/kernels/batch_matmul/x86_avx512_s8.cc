// batch_matmul in int8 for AVX-512 VNNI, with gemm's micro-kernel: A becomes unsigned bytes, B its tiles of 64 columns.
// SPDX-License-Identifier: Apache-2.0
//
// With u = a + 128: sum (a - za)(b - zb) = sum u b - (za + 128) sum b + k za zb - zb sum a. The terms of B's columns
// are the tile's bias; the last, of A's rows, is taken away after the tile.
#include "core/workers.h"
#include "kernels/batch_matmul/dots_s8_avx512.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/batch_matmul/transpose_avx2.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

// An operand seen as vectors along k: the value (k, x) stands at in[k * k_step + x * x_step].
struct Operand {
  const int8_t* in;
  int64_t k_step, x_step;
  int64_t k;
};

// Quads (four values of k) g0 <= g < g1 of the vectors x0 <= x < x1, one by one, values past k 0; `flip` is 0x80 to
// make them unsigned. A quad is at out[4 * (g * g_stride + x * x_stride)].
inline void pack_quads(const Operand& o, int64_t g0, int64_t g1, int64_t x0, int64_t x1, uint8_t flip, uint8_t* out,
                       int64_t g_stride, int64_t x_stride) {
  for (int64_t g = g0; g < g1; g++) {
    for (int64_t x = x0; x < x1; x++) {
      uint8_t* quad = out + 4 * (g * g_stride + x * x_stride);
      for (int64_t i = 0; i < 4; i++) {
        const int64_t k = 4 * g + i;
        quad[i] = k < o.k ? static_cast<uint8_t>(o.in[k * o.k_step + x * o.x_step]) ^ flip : 0;
      }
    }
  }
}

inline __m128i load_8(const int8_t* in) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(in));
}

// One quad of 8 neighbouring vectors, from an operand whose vectors lie side by side.
inline __m256i quads_of_8(const int8_t* in, int64_t k_step) {
  const __m128i low = _mm_unpacklo_epi8(load_8(in), load_8(in + k_step));
  const __m128i high = _mm_unpacklo_epi8(load_8(in + 2 * k_step), load_8(in + 3 * k_step));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_unpacklo_epi16(low, high)), _mm_unpackhi_epi16(low, high),
                                 1);
}

// Moves `count` signed bytes to unsigned ones (value + 128); reads and writes exactly those.
inline void to_unsigned(const int8_t* in, int64_t count, uint8_t* out) {
  const __m256i sign = _mm256_set1_epi8(-128);
  int64_t i = 0;
  for (; i + 32 <= count; i += 32) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i),
                        _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + i)), sign));
  }
  if (i == count) return;
  if (count >= 32) {  // one more vector that overlaps the last
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + count - 32),
                        _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(in + count - 32)), sign));
    return;
  }
  for (; i + 8 <= count; i += 8) {
    uint64_t eight;
    memcpy(&eight, in + i, 8);
    eight ^= 0x8080808080808080u;
    memcpy(out + i, &eight, 8);
  }
  for (; i < count; i++) out[i] = static_cast<uint8_t>(in[i]) ^ 0x80;
}

// Rows of unsigned bytes, `stride` (k rounded up to 4) apart. A's panel.
inline void pack_rows(const Operand& o, int64_t rows, int64_t stride, uint8_t* out) {
  if (o.k_step == 1) {
    for (int64_t x = 0; x < rows; x++, out += stride) {
      to_unsigned(o.in + x * o.x_step, o.k, out);
      for (int64_t k = o.k; k < stride; k++) out[k] = 0;
    }
    return;
  }
  const int64_t quads = stride / 4;
  const __m256 sign = _mm256_castsi256_ps(_mm256_set1_epi8(-128));
  int64_t x = 0;
  for (; x + 8 <= rows; x += 8) {
    int64_t g = 0;
    for (; 4 * g + 32 <= o.k; g += 8) {
      __m256 r[8];
      for (int64_t l = 0; l < 8; l++) {
        r[l] = _mm256_castsi256_ps(quads_of_8(o.in + 4 * (g + l) * o.k_step + x, o.k_step));
      }
      transpose_8x8(r);
      for (int64_t l = 0; l < 8; l++) {
        _mm256_storeu_ps(reinterpret_cast<float*>(out + (x + l) * stride + 4 * g), _mm256_xor_ps(r[l], sign));
      }
    }
    pack_quads(o, g, quads, x, x + 8, 0x80, out, 1, quads);
  }
  pack_quads(o, 0, quads, x, rows, 0x80, out, 1, quads);
}

// The sum of a packed row's values, before they were made unsigned.
inline int32_t row_sum(const uint8_t* row, int64_t stride, int64_t k) {
  __m128i sums = _mm_setzero_si128();
  int64_t i = 0;
  for (; i + 16 <= stride; i += 16) {
    sums = _mm_add_epi64(sums,
                         _mm_sad_epu8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row + i)), _mm_setzero_si128()));
  }
  int64_t sum = _mm_cvtsi128_si64(sums) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
  for (; i < stride; i++) sum += row[i];
  return static_cast<int32_t>(sum - 128 * k);
}

// Columns [0, columns) of B, at most 64, as a tile of tile_form_vnni, their number rounded up to 16. Columns past them
// are left as they are: their sums are not stored.
inline void pack_columns(const Operand& o, int64_t columns, int32_t a_zero_point, int32_t b_zero_point, float scale,
                         char* tile) {
  const int64_t quads = (o.k + 3) / 4, width = (columns + 15) / 16 * 16;
  uint8_t* out = reinterpret_cast<uint8_t*>(tile + tile_form_vnni.column_bytes * width);
  int64_t x = 0;
  for (; x + 8 <= columns; x += 8) {
    int64_t g = 0;
    if (o.k_step == 1) {
      for (; 4 * g + 32 <= o.k; g += 8) {
        __m256 r[8];
        for (int64_t l = 0; l < 8; l++) {
          r[l] = _mm256_loadu_ps(reinterpret_cast<const float*>(o.in + (x + l) * o.x_step + 4 * g));
        }
        transpose_8x8(r);
        for (int64_t l = 0; l < 8; l++) {
          _mm256_storeu_ps(reinterpret_cast<float*>(out + 4 * ((g + l) * width + x)), r[l]);
        }
      }
    } else {
      for (; 4 * g + 4 <= o.k; g++) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 4 * (g * width + x)),
                            quads_of_8(o.in + 4 * g * o.k_step + x, o.k_step));
      }
    }
    pack_quads(o, g, quads, x, x + 8, 0, out, width, 1);
  }
  pack_quads(o, 0, quads, x, columns, 0, out, width, 1);

  const uint32_t constant = static_cast<uint32_t>(o.k) * static_cast<uint32_t>(a_zero_point * b_zero_point);
  const __m512i ones = _mm512_set1_epi8(1);
  for (int64_t v = 0; v * 16 < columns; v++) {
    __m512i sum = _mm512_setzero_si512();
    for (int64_t g = 0; g < quads; g++) dot4(&sum, ones, _mm512_loadu_si512(out + 4 * g * width + v * 64));
    uint32_t bias[16];
    memcpy(bias, &sum, sizeof bias);
    for (uint32_t& b : bias) b = constant - static_cast<uint32_t>(a_zero_point + 128) * b;
    memcpy(tile + v * 64, bias, sizeof bias);
    _mm512_storeu_ps(tile + 4 * width + v * 64, _mm512_set1_ps(scale));
  }
}

// So few rows take B where it stands: each reads it anew.
constexpr int64_t MOST_DOTS = 2;

// Columns n0 .. n1 - 1 of a row of A. own: room for k rounded up to 64 bytes.
inline void row_by_b(const BatchMatmulParams& p, const Operand& row, const int8_t* b, int64_t n0, int64_t n1,
                     const VnniEpilogue& e, uint8_t* own, char* c) {
  const int64_t padded = (row.k + 63) / 64 * 64;
  pack_rows(row, 1, padded, own);
  const uint8_t z = static_cast<uint8_t>(p.a_zero_point + 128);
  int32_t term = 0;
  if (p.b_zero_point != 0) {
    term = -p.b_zero_point * (row_sum(own, padded, row.k) - static_cast<int32_t>(row.k) * p.a_zero_point);
  }
  const RowDots q = {own, row.k, b, b_pitch(p), p.transpose_b != 0, z, term};
  const __m512 scale = _mm512_set1_ps(p.scale);
  if (z != 0) {
    row_dots<true>(q, n0, n1, scale, e, c);
  } else {
    row_dots<false>(q, n0, n1, scale, e, c);
  }
}

}  // namespace

void batch_matmul_s8s8s8_avx512vnni(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const Products q = products_of(p);
  const int64_t lda = a_pitch(p), ldb = b_pitch(p), ldc = c_pitch(p);
  const Cut cut = cut_avx512_s8(p, call->workers->threads);
  const int64_t all_tiles = (int64_t{p.n} + 63) / 64, one_tile = tile_bytes(tile_form_vnni, p.k);
  const int64_t stride = (int64_t{p.k} + 3) / 4 * 4, parts = cut.column_parts * cut.row_parts;
  const int64_t thread_bytes = thread_bytes_avx512_s8(p, cut);
  const VnniEpilogue e = make_vnni_epilogue(false, p.out_zero_point, p.out_min, p.out_max);
  parallel_for(call->workers, q.batches * parts, [&](int64_t task, int thread) {
    const int64_t index = task / parts, part = task % parts;
    const int8_t* a = static_cast<const int8_t*>(call->slots[BATCH_MATMUL_A]) + a_offset(p, index);
    const int8_t* b = static_cast<const int8_t*>(call->slots[BATCH_MATMUL_B]) + b_offset(p, index);
    int8_t* c = static_cast<int8_t*>(call->slots[BATCH_MATMUL_C]) + c_offset(p, index);
    char* tiles = static_cast<char*>(call->scratch) + thread * thread_bytes;
    uint8_t* panel = reinterpret_cast<uint8_t*>(tiles + cut.tiles * one_tile);
    const int64_t t0 = part / cut.row_parts * cut.tiles, m0 = part % cut.row_parts * cut.rows;
    const int64_t t1 = all_tiles - t0 < cut.tiles ? all_tiles : t0 + cut.tiles;
    const int64_t m1 = q.m - m0 < cut.rows ? q.m : m0 + cut.rows;
    Operand left = {nullptr, p.transpose_a ? lda : 1, p.transpose_a ? 1 : lda, p.k};
    Operand right = {nullptr, p.transpose_b ? 1 : ldb, p.transpose_b ? ldb : 1, p.k};
    if (q.m <= MOST_DOTS) {
      for (int64_t m = m0; m < m1; m++) {
        left.in = a + m * left.x_step;
        row_by_b(p, left, b, t0 * 64, t1 * 64 < p.n ? t1 * 64 : p.n, e, reinterpret_cast<uint8_t*>(tiles),
                 reinterpret_cast<char*>(c) + m * ldc);
      }
      return;
    }
    for (int64_t t = t0; t < t1; t++) {
      right.in = b + t * 64 * right.x_step;
      pack_columns(right, p.n - t * 64 < 64 ? p.n - t * 64 : 64, p.a_zero_point, p.b_zero_point, p.scale,
                   tiles + (t - t0) * one_tile);
    }
    for (int64_t m = m0; m < m1; m += cut.block) {
      const int64_t rows = m1 - m < cut.block ? m1 - m : cut.block;
      left.in = a + m * left.x_step;
      pack_rows(left, rows, stride, panel);
      int32_t* row_terms = reinterpret_cast<int32_t*>(panel + cut.block * stride);
      for (int64_t r = 0; p.b_zero_point != 0 && r < rows; r++) {
        row_terms[r] = -p.b_zero_point * row_sum(panel + r * stride, stride, p.k);
      }
      const VnniRows packed = {panel, rows, stride, 1, 0, stride / 4, p.b_zero_point != 0 ? row_terms : nullptr};
      for (int64_t t = t0; t < t1; t++) {
        const int columns = static_cast<int>(p.n - t * 64 < 64 ? p.n - t * 64 : 64);
        vnni_tile_8(packed, tiles + (t - t0) * one_tile, reinterpret_cast<char*>(c) + m * ldc + t * 64, ldc, columns,
                    e);
      }
    }
  });
}

}  // namespace sinter
