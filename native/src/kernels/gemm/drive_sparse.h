// How sparse int8 rows that hold pixels side by side go over their tiles, for any vector width. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// Kernel: WIDTH       pixels in a vector
//         QUAD_BYTES  of a quad of a vector of pixels in the panel
//         EIGHTHS     of the first cache for the panel
//         GROUP       outputs of a group
//         fill(p, tile)                       brings the tile's activations into its panel
//         groups(from, to, tile, stage)       products of groups from .. to - 1; `stage` is that of output 0
//         put(stage, part, c, ldc, pixels, outputs)
//                                             part 0 .. 3 of the results of a chunk, up to SPARSE_CHUNK outputs whose
//                                             first is at `stage`, to rows of c
#ifndef SINTER_KERNELS_GEMM_DRIVE_SPARSE_H_
#define SINTER_KERNELS_GEMM_DRIVE_SPARSE_H_

#include "core/workers.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

struct SparseTile {
  int64_t vectors, pixels;
  const uint8_t* a;  // its first pixel
  int8_t* c;
  uint8_t *panel, *stage;
  int64_t half_bytes;  // of the stage
};

// Part 0 .. 3 of the results of outputs n .. n + 63, which begin at `stage`.
template <class Kernel>
void put_part_of(const GemmParams& p, const SparseTile& t, int64_t n, int64_t part, const uint8_t* stage) {
  const int64_t left = p.n - n;
  if (left > 0) Kernel::put(stage, part, t.c + n, p.ldc, t.pixels, left < SPARSE_CHUNK ? left : SPARSE_CHUNK);
}

// Tiles one after the other by one thread. Results of a chunk are put to their places after the products of the next,
// of the next tile, too: what they wait for has long been stored then.
template <class Kernel>
struct SparseTiles {
  const GemmParams& p;
  const Blocks& w;
  const Kernel& kernel;
  SparseTile before = {};  // whose results wait, of outputs `n` on, in `stage`
  int64_t n = 0;
  uint8_t* stage = nullptr;
  int64_t half = 0;  // of the stage, in turns

  void put(int64_t part) const {
    if (stage) put_part_of<Kernel>(p, before, n, part, stage);
  }
  void add(const SparseTile& t) {
    Kernel::fill(p, t);
    for (int64_t first = 0; first < w.outputs; first += SPARSE_CHUNK) {
      const int64_t pitch = sparse_stage_pitch(t.vectors, Kernel::WIDTH);
      uint8_t* const own = t.stage + half * t.half_bytes;
      half = 1 - half;
      const int64_t to = first + SPARSE_CHUNK < w.outputs ? first + SPARSE_CHUNK : w.outputs;
      // The stage counts from output 0 on.
      kernel.groups(first / Kernel::GROUP, to / Kernel::GROUP, t, own - first * pitch);
      for (int64_t part = 0; part < 4; part++) put(part);
      before = t;
      n = first;
      stage = own;
    }
  }
  void finish() const {
    for (int64_t part = 0; part < 4; part++) put(part);
  }
};

template <class Kernel>
void drive_sparse(const Call* call, const GemmParams& p, const Blocks& w, int most, const Kernel& kernel) {
  const uint8_t* a = static_cast<const uint8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  constexpr int width = Kernel::WIDTH;
  const int threads = call->workers->threads;
  const SparseSplit split = sparse_split(p, threads, width, most, Kernel::QUAD_BYTES, Kernel::EIGHTHS);
  const int64_t panel_bytes = sparse_panel_bytes(p, split.per_tile, Kernel::QUAD_BYTES);
  const int64_t own = panel_bytes + sparse_stage_bytes(p, split, threads, width);
  const auto first_of = [&](int64_t tile) { return split.vectors * tile / split.tiles; };
  const auto tile_of = [&](int64_t begin, int64_t end, int64_t place) {
    uint8_t* scratch = static_cast<uint8_t*>(call->scratch) + place * own;
    return SparseTile{end - begin,
                      (end * width < p.m ? end * width : p.m) - begin * width,
                      a + begin * width * p.lda,
                      c + begin * width * p.ldc,
                      scratch,
                      scratch + panel_bytes,
                      sparse_chunk(p) * sparse_stage_pitch(split.per_tile, width)};
  };
  const auto tile_at = [&](int64_t tile, int64_t place) { return tile_of(first_of(tile), first_of(tile + 1), place); };
  if (split.tiles >= threads) {
    const int64_t few = int64_t{threads} * 4, runs = threads <= 1 ? 1 : few < split.tiles ? few : split.tiles;
    parallel_for(call->workers, runs, [&](int64_t run, int thread) {
      SparseTiles<Kernel> tiles = {p, w, kernel};
      int64_t tile = split.tiles * run / runs, begin = first_of(tile);
      for (const int64_t last = split.tiles * (run + 1) / runs; tile < last; tile++) {
        const int64_t end = first_of(tile + 1);
        tiles.add(tile_of(begin, end, thread));
        begin = end;
      }
      tiles.finish();
    });
    return;
  }
  // Few pixels: threads share a tile's groups, which are in the order of their work.
  const int64_t runs = (int64_t{threads} + split.tiles - 1) / split.tiles;
  const int64_t parts = (w.outputs + SPARSE_CHUNK - 1) / SPARSE_CHUNK * 4;
  parallel_for(call->workers, split.tiles, [&](int64_t tile, int) { Kernel::fill(p, tile_at(tile, tile)); });
  parallel_for(call->workers, split.tiles * runs, [&](int64_t task, int) {
    const SparseTile t = tile_at(task / runs, task / runs);
    for (int64_t g = task % runs; g < w.groups; g += runs) kernel.groups(g, g + 1, t, t.stage);
  });
  parallel_for(call->workers, split.tiles * runs, [&](int64_t task, int) {
    const SparseTile t = tile_at(task / runs, task / runs);
    const int64_t run = task % runs, last = parts * (run + 1) / runs;
    for (int64_t i = parts * run / runs; i < last; i++) {
      const int64_t n = i / 4 * SPARSE_CHUNK;
      put_part_of<Kernel>(p, t, n, i % 4, t.stage + n * sparse_stage_pitch(t.vectors, width));
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_SPARSE_H_
