// The AMX bfloat16 micro-kernel, shared by gemm and conv: rows of bfloat16 times the packed tiles of 16 columns that
// the AVX-512 kernels take, whose pairs of k are AMX's as they are. Only for files that are built for AMX; internal
// linkage. SPDX-License-Identifier: Apache-2.0
//
// Sums go to C as they are stored, or, where they are bounded, rounded to bfloat16, or C's columns end, through a
// buffer in L1.
#ifndef SINTER_KERNELS_GEMM_TILE_AMX_BF16_H_
#define SINTER_KERNELS_GEMM_TILE_AMX_BF16_H_

#include "kernels/gemm/packing_bf16.h"
#include "kernels/gemm/round_bf16_avx512.h"
#include "kernels/gemm/tile_amx.h"

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

// 16 * R rows from row `row` on and `columns` (more than 16 * (V - 1)) columns.
template <int R, int V, class Out>
__attribute__((noinline)) void amx_bf16_block(const AmxRows& m, int64_t row, int rows, const AmxWeights& weights,
                                              const AmxFloats<Out>& to, int64_t column, int columns, AmxAhead* ahead) {
  Out* c = to.c + column;
  if constexpr (sizeof(Out) == sizeof(float)) {
    if (!to.bounded && columns >= 16 * V && m.lines.pitch == 0) {
      amx_sums<AMX_BF16, R, V>(m, row, weights, c + row * to.ldc, 4 * to.ldc, ahead);
      return;
    }
  }
  alignas(64) float sums[16 * R * 16 * V];
  amx_sums<AMX_BF16, R, V>(m, row, weights, sums, 64 * V, ahead);
  amx_each_line(m, row, rows, [&](int first, int count, int64_t at) SINTER_VNNI_LAMBDA {
    const float* from = sums + 16 * V * first;
    Out* out = c + at * to.ldc;
    const auto value = [&](int v) SINTER_VNNI_LAMBDA { return to.clamp(_mm512_load_ps(from + 16 * v)); };
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

// So many rows meet all columns before the next do. Where all weights stay in L1, C is written in its order.
inline int64_t amx_strip_rows(int64_t n, int64_t row_bytes) {
  return n * row_bytes <= 16384 ? 64 : amx_block_rows(row_bytes);
}

// All rows with columns first .. last - 1 (first a multiple of 32): blocks of 32 rows, then what is left, since shapes
// of tiles change between the two only. `packed`: the tile of column 0.
template <class Out>
inline void amx_bf16_product(AmxTiles* tiles, const AmxRows& m, const uint32_t* packed, int64_t one_tile, int64_t first,
                             int64_t last, const AmxFloats<Out>& to) {
  const int64_t whole = m.rows / 32 * 32;
  const int left = static_cast<int>(m.rows - whole), groups = m.steps.groups;
  const auto weights_of = [&](int64_t column) SINTER_VNNI_LAMBDA {
    const char* tile = reinterpret_cast<const char*>(packed + column / 16 * one_tile);
    return AmxWeights{tile, tile + 64, 64, 4 * one_tile};
  };
  const auto ahead_of = [&](int64_t column, int64_t blocks) SINTER_VNNI_LAMBDA {
    const char* next = column < last ? weights_of(column).bias : nullptr;
    return AmxAhead::make(next, 8 * one_tile, blocks * m.steps_of_k());
  };
  if (whole > 0) tiles->shape(16, 16, groups);
  const int64_t strip = amx_strip_rows(last - first, m.runs * m.steps.bytes);
  for (int64_t from = 0; from < whole; from += strip) {
    const int64_t end = whole - from < strip ? whole : from + strip;
    for (int64_t n = first; n < last; n += 32) {
      const AmxWeights weights = weights_of(n);
      const int columns = last - n < 32 ? static_cast<int>(last - n) : 32;
      AmxAhead ahead = ahead_of(n + 32, (end - from) / 32);
      int64_t row = from;
      if (columns <= 16) {
        for (; end - row >= 64; row += 64) amx_bf16_block<4, 1>(m, row, 64, weights, to, n, columns, &ahead);
        for (; row < end; row += 32) amx_bf16_block<2, 1>(m, row, 32, weights, to, n, columns, &ahead);
      }
      for (; row < end; row += 32) amx_bf16_block<2, 2>(m, row, 32, weights, to, n, columns, &ahead);
    }
  }
  if (left == 0) return;
  tiles->shape(left < 16 ? left : 16, left > 16 ? left - 16 : left, groups);
  const int64_t width = left > 16 ? 32 : 64;
  for (int64_t n = first; n < last; n += width) {
    const AmxWeights weights = weights_of(n);
    const int columns = static_cast<int>(last - n < width ? last - n : width);
    AmxAhead ahead = ahead_of(whole > 0 ? last : n + width, 1);  // after the blocks above all weights are near
    if (left > 16) {
      if (columns > 16) amx_bf16_block<2, 2>(m, whole, left, weights, to, n, columns, &ahead);
      if (columns <= 16) amx_bf16_block<2, 1>(m, whole, left, weights, to, n, columns, &ahead);
    } else if (columns > 48) {
      amx_bf16_block<1, 4>(m, whole, left, weights, to, n, columns, &ahead);
    } else if (columns > 32) {
      amx_bf16_block<1, 3>(m, whole, left, weights, to, n, columns, &ahead);
    } else if (columns > 16) {
      amx_bf16_block<1, 2>(m, whole, left, weights, to, n, columns, &ahead);
    } else {
      amx_bf16_block<1, 1>(m, whole, left, weights, to, n, columns, &ahead);
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AMX_BF16_H_
