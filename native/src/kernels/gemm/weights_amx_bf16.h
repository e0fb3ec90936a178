// Where AMX's products of bfloat16 (tile_amx_bf16.h) get their weights: tiles as they are packed, or int8 that becomes
// such tiles while products run. Only for files that are built for AMX; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// A Weights has SCALED, whether scales stand behind the biases; tile_bytes(), of 16 columns; at(column, columns), ready
// to be multiplied; and ahead_of(column, last, width, steps), what sees to the next `width` columns from `column` on
// (from `last` on: to none) during so many steps.
#ifndef SINTER_KERNELS_GEMM_WEIGHTS_AMX_BF16_H_
#define SINTER_KERNELS_GEMM_WEIGHTS_AMX_BF16_H_

#include "kernels/gemm/packing_bf16s8.h"
#include "kernels/gemm/tile_amx.h"
#include "kernels/gemm/widen_bf16_avx512.h"

namespace sinter {
namespace {

// Tiles of packing_bf16.h or, WITH_SCALES, packing_bf16s8.h. `packed`: the tile of column 0.
template <bool WITH_SCALES>
struct AmxPackedBf16 {
  enum { SCALED = WITH_SCALES, HEADER = WITH_SCALES ? 128 : 64 };
  const uint32_t* packed;
  int64_t one_tile;  // words
  AmxAhead next = {nullptr, 0};

  int64_t tile_bytes() const {
    return 4 * one_tile;
  }
  SINTER_VNNI_INLINE AmxWeights at(int64_t column, int64_t columns) const {
    const char* tile = reinterpret_cast<const char*>(packed + column / 16 * one_tile);
    const int vectors = static_cast<int>((columns + 15) / 16);
    return AmxWeights{SCALED ? tile : amx_constants(tile, vectors, 4 * one_tile), tile + HEADER, 64, 4 * one_tile};
  }
  SINTER_VNNI_INLINE AmxAhead* ahead_of(int64_t column, int64_t last, int64_t, int64_t steps) {
    const uint32_t* tile = packed + column / 16 * one_tile;
    next = AmxAhead::make(column < last ? reinterpret_cast<const char*>(tile) : nullptr, 8 * one_tile, steps);
    return &next;
  }
};

// Tiles of columns that are widened, some pairs of k after each step.
struct AmxWidening {
  StoredColumns of[4];
  uint32_t* to;
  int64_t words, k;  // words of a tile
  int64_t tiles, done, pairs, each;

  SINTER_AMX_INLINE void bring() {
    if (done < pairs) some(each);
  }
  void some(int64_t count) {
    if (done == pairs) return;
    const int64_t end = pairs - done < count ? pairs : done + count;
    for (int64_t t = 0; t < tiles; t++) widen_pairs(of[t], k, done, end, to + t * words);
    done = end;
  }
};

// Columns(t): the t-th 16 columns as they are stored. Their widened tiles stay for the strips, blocks and lines that
// meet the same columns.
template <class Columns>
struct AmxStoredBf16 {
  enum { SCALED = 1 };
  Columns stored;
  int64_t k, first;  // the first tile of the columns that a product has
  WidenedColumns* widened;
  int64_t of_group = 0;  // tiles of the groups before this one
  AmxWidening next = {};

  int64_t tile_bytes() const {
    return 4 * bf16s8_tile_words(k);
  }
  uint32_t* panel(int64_t tile) const {
    return reinterpret_cast<uint32_t*>(reinterpret_cast<char*>(widened) + WIDENED_COLUMNS_BYTES) +
           (tile - first) * bf16s8_tile_words(k);
  }
  void begin() {
    if (widened->first != of_group + first) *widened = {of_group + first, 0};
  }
  SINTER_VNNI_INLINE AmxWeights at(int64_t column, int64_t columns) {
    if (next.tiles > 0) {
      next.some(next.pairs);
      widened->ready += next.tiles;
      next.tiles = 0;
    }
    for (const int64_t end = (column + columns + 15) / 16 - first; widened->ready < end; widened->ready++) {
      widen_columns(stored(first + widened->ready), k, panel(first + widened->ready));
    }
    const char* tile = reinterpret_cast<const char*>(panel(column / 16));
    return AmxWeights{tile, tile + 4 * BF16S8_HEADER_WORDS, 64, tile_bytes()};
  }
  SINTER_VNNI_INLINE AmxWidening* ahead_of(int64_t column, int64_t last, int64_t width, int64_t steps) {
    const int64_t tile = column / 16;
    next.done = next.pairs = next.tiles = 0;
    if (column >= last || tile - first < widened->ready) return &next;
    const int64_t left = (last - column + 15) / 16;
    next.tiles = left < width / 16 ? left : width / 16;
    next.to = panel(tile);
    next.words = bf16s8_tile_words(k), next.k = k, next.pairs = bf16_pairs(k);
    next.each = (next.pairs + steps - 1) / steps;
    for (int64_t t = 0; t < next.tiles; t++) {
      next.of[t] = stored(tile + t);
      memcpy(next.to + t * next.words, next.of[t].bias, 64);
      memcpy(next.to + t * next.words + 16, next.of[t].scale, 64);
    }
    return &next;
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_WEIGHTS_AMX_BF16_H_
