// The AMX bfloat16 micro-kernel, shared by gemm and conv: rows of bfloat16 times the packed tiles of 16 columns that
// the AVX-512 kernels take, whose pairs of k are AMX's as they are. Only for files that are built for AMX; internal
// linkage. SPDX-License-Identifier: Apache-2.0
//
// Sums go to C as they are stored, or, where they are scaled, bounded, rounded to bfloat16, or C's columns end, through
// a buffer in L1.
#ifndef SINTER_KERNELS_GEMM_TILE_AMX_BF16_H_
#define SINTER_KERNELS_GEMM_TILE_AMX_BF16_H_

#include "kernels/gemm/round_bf16_avx512.h"
#include "kernels/gemm/weights_amx_bf16.h"

namespace sinter {
namespace {

// Where results go, floats or bfloat16 (uint16_t): rows `ldc` values apart.
template <class Out>
struct AmxFloats {
  Out* c;
  int64_t ldc;
  WideClamp clamp;
  bool bounded;
};

// 16 * R rows from row `row` on and `columns` (more than 16 * (V - 1)) columns. SCALED: sums meet the scales that stand
// behind the biases, before those. Sums may still be in tiles when this returns.
template <int R, int V, bool SCALED, class Out, class Ahead>
__attribute__((noinline)) void amx_bf16_block(AmxTiles* tiles, const AmxRows& m, int64_t row, int rows,
                                              const AmxWeights& weights, const AmxFloats<Out>& to, int64_t column,
                                              int columns, Ahead* ahead) {
  Out* c = to.c + column;
  // Sums that may go to C as they are begin with the bias; so do those that take the way through a buffer only for
  // their place in C, which other numbers of threads put elsewhere.
  const bool from_bias = !SCALED && sizeof(Out) == sizeof(float) && !to.bounded;
  if constexpr (!SCALED && sizeof(Out) == sizeof(float)) {
    if (!to.bounded && columns >= 16 * V && m.lines.pitch == 0) {
      Out* after = c + (m.first + m.then_rows) * to.ldc + m.then_columns;
      c += (m.first + row) * to.ldc;
      char* next = reinterpret_cast<char*>(m.rows - row > rows ? c + rows * to.ldc : after);
      const AmxWritten written = AmxWritten::make(c, next, 4 * to.ldc, rows, m.steps_of_k(), R * V);
      amx_sums<AMX_BF16, R, V>(tiles, m, row, weights, c, 4 * to.ldc, m.steps_of_k() >= AMX_LATER_STEPS, ahead,
                               written);
      return;
    }
  }
  alignas(64) float sums[16 * R * 16 * V];
  AmxWeights first_sums = weights;
  if (!from_bias) first_sums.bias = nullptr;
  amx_sums<AMX_BF16, R, V>(tiles, m, row, first_sums, sums, 64 * V, false, ahead, AmxWritten{});
  __m512 bias[V + V % 2], scale[V + V % 2];  // pairs
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
    bias[v] = weights.bias ? _mm512_loadu_ps(weights.bias + v * weights.column_stride) : _mm512_setzero_ps();
    if constexpr (SCALED) scale[v] = _mm512_loadu_ps(weights.bias + v * weights.column_stride + 64);
  });
  amx_each_line(m, row, rows, [&](int first, int count, int64_t at) SINTER_VNNI_LAMBDA {
    const float* from = sums + 16 * V * first;
    Out* out = c + at * to.ldc;
    const auto value = [&](int v) SINTER_VNNI_LAMBDA {
      __m512 sum = _mm512_load_ps(from + 16 * v);
      if constexpr (SCALED) sum = _mm512_mul_ps(sum, scale[v]);
      return from_bias ? sum : to.clamp(_mm512_add_ps(bias[v], sum));
    };
    for (int r = 0; r < count; r++, from += 16 * V, out += to.ldc) {
      vnni_repeat<(V + 1) / 2>([&](auto pair) SINTER_VNNI_LAMBDA {
        constexpr int v = 2 * decltype(pair)::value;
        const int left = columns - 16 * v;
        if (v + 1 < V && left >= 32) {
          store_both(out + 16 * v, value(v), value(v + 1));
        } else {
          if (left > 0) store_first(out + 16 * v, value(v), left);
          if (v + 1 < V && left > 16) store_first(out + 16 * (v + 1), value(v + 1), left - 16);
        }
      });
    }
  });
}

// All rows with columns first .. last - 1 (first a multiple of 32): blocks of 32 rows, then what is left, since shapes
// of tiles change between the two only. `own`: room for a copy of a strip of rows, or null. Weights: see
// weights_amx_bf16.h.
template <class Out, class Weights>
inline void amx_bf16_product(AmxTiles* tiles, const AmxRows& m, Weights* weights, int64_t first, int64_t last,
                             uint8_t* own, const AmxFloats<Out>& to) {
  constexpr bool scaled = Weights::SCALED;
  const int64_t whole = m.rows / 32 * 32, one_tile = weights->tile_bytes();
  const int left = static_cast<int>(m.rows - whole), groups = m.steps.groups;
  if (whole > 0) tiles->shape(16, 16, groups);
  const int64_t chunk = 32 * amx_chunk((last - first + 31) / 32, 2 * one_tile);
  for (int64_t begin = first; begin < last; begin += chunk) {
    const int64_t end = last - begin < chunk ? last : begin + chunk;
    const bool once = (end - begin) / 16 * one_tile > AMX_STRIP_BYTES;
    const int64_t fit_rows = amx_strip_rows(m.runs * m.steps.bytes);
    const int64_t strip = once ? 32 : fit_rows < AMX_STRIP_ROWS_32 ? fit_rows : AMX_STRIP_ROWS_32;
    for (int64_t from = 0; from < whole; from += strip) {
      const int64_t rows = whole - from < strip ? whole - from : strip;
      AmxRows part = amx_rows_from(m, from, rows);
      if (own) part = amx_copy_rows(part, own);
      part.once = once;
      for (int64_t n = begin; n < end; n += 32) {
        const int columns = last - n < 32 ? static_cast<int>(last - n) : 32;
        const AmxWeights of = weights->at(n, columns);
        auto* ahead = weights->ahead_of(from == 0 ? n + 32 : last, last, 32, rows / 32 * m.steps_of_k());
        const bool ends = n + 32 >= end;
        part.then_rows = ends ? rows : 0;
        part.then_columns = ends ? begin - n : 32;
        int64_t row = 0;
        if (columns <= 16) {
          for (; rows - row >= 64; row += 64) {
            amx_bf16_block<4, 1, scaled>(tiles, part, row, 64, of, to, n, columns, ahead);
          }
          for (; row < rows; row += 32) {
            amx_bf16_block<2, 1, scaled>(tiles, part, row, 32, of, to, n, columns, ahead);
          }
        }
        for (; row < rows; row += 32) {
          amx_bf16_block<2, 2, scaled>(tiles, part, row, 32, of, to, n, columns, ahead);
        }
      }
    }
  }
  if (left == 0) return;
  tiles->shape(left < 16 ? left : 16, left > 16 ? left - 16 : left, groups);
  const int64_t width = left > 16 ? 32 : 64;
  for (int64_t n = first; n < last; n += width) {
    const int columns = static_cast<int>(last - n < width ? last - n : width);
    const AmxWeights of = weights->at(n, columns);
    // After the blocks above all weights are near.
    auto* ahead = weights->ahead_of(whole > 0 ? last : n + width, last, width, m.steps_of_k());
    if (left > 16) {
      if (columns > 16) amx_bf16_block<2, 2, scaled>(tiles, m, whole, left, of, to, n, columns, ahead);
      if (columns <= 16) amx_bf16_block<2, 1, scaled>(tiles, m, whole, left, of, to, n, columns, ahead);
    } else if (columns > 48) {
      amx_bf16_block<1, 4, scaled>(tiles, m, whole, left, of, to, n, columns, ahead);
    } else if (columns > 32) {
      amx_bf16_block<1, 3, scaled>(tiles, m, whole, left, of, to, n, columns, ahead);
    } else if (columns > 16) {
      amx_bf16_block<1, 2, scaled>(tiles, m, whole, left, of, to, n, columns, ahead);
    } else {
      amx_bf16_block<1, 1, scaled>(tiles, m, whole, left, of, to, n, columns, ahead);
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AMX_BF16_H_
