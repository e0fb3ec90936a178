// How sparse int8 rows that hold pixels side by side go over their tiles, for any vector width. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// Kernel: WIDTH       pixels in a vector
//         QUAD_BYTES  of a quad of a vector of pixels in the panel
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
};

// Part 0 .. 3 of the results of outputs n .. n + 63, which begin at `stage`.
template <class Kernel>
void put_part_of(const GemmParams& p, const SparseTile& t, int64_t n, int64_t part, const uint8_t* stage) {
  const int64_t left = p.n - n;
  if (left > 0) Kernel::put(stage, part, t.c + n, p.ldc, t.pixels, left < SPARSE_CHUNK ? left : SPARSE_CHUNK);
}

// A tile by one thread. Results of the chunk before are put to their places among the products of this one: the former
// wait for shuffles, the latter for loads.
template <class Kernel>
void whole_tile(const GemmParams& p, const Blocks& w, const SparseTile& t, const Kernel& kernel) {
  const int64_t pitch = sparse_stage_pitch(t.vectors, Kernel::WIDTH);
  Kernel::fill(p, t);
  const int64_t chunks = (w.outputs + SPARSE_CHUNK - 1) / SPARSE_CHUNK;
  for (int64_t n = 0; n < (chunks + 1) * SPARSE_CHUNK; n += 16) {
    if (n < w.outputs) {  // chunks take turns in the two halves of the stage
      const int64_t chunk = n / SPARSE_CHUNK;
      uint8_t* stage = t.stage + (chunk % 2 - chunk) * SPARSE_CHUNK * pitch;
      kernel.groups(n / Kernel::GROUP, (n + 16) / Kernel::GROUP, t, stage);
    }
    const int64_t before = n / SPARSE_CHUNK - 1;
    if (before >= 0) {
      put_part_of<Kernel>(p, t, before * SPARSE_CHUNK, n % SPARSE_CHUNK / 16,
                          t.stage + before % 2 * SPARSE_CHUNK * pitch);
    }
  }
}

template <class Kernel>
void drive_sparse(const Call* call, const GemmParams& p, const Blocks& w, int most, const Kernel& kernel) {
  const uint8_t* a = static_cast<const uint8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  constexpr int width = Kernel::WIDTH;
  const int threads = call->workers->threads;
  const SparseSplit split = sparse_split(p, threads, width, most, Kernel::QUAD_BYTES);
  const int64_t panel_bytes = sparse_panel_bytes(p, split.per_tile, Kernel::QUAD_BYTES);
  const int64_t own = panel_bytes + sparse_stage_bytes(p, split, threads, width);
  const auto tile_at = [&](int64_t tile, int64_t place) {
    const int64_t begin = split.vectors * tile / split.tiles, end = split.vectors * (tile + 1) / split.tiles;
    uint8_t* scratch = static_cast<uint8_t*>(call->scratch) + place * own;
    return SparseTile{end - begin,
                      (end * width < p.m ? end * width : p.m) - begin * width,
                      a + begin * width * p.lda,
                      c + begin * width * p.ldc,
                      scratch,
                      scratch + panel_bytes};
  };
  if (split.tiles >= threads) {
    parallel_for(call->workers, split.tiles,
                 [&](int64_t tile, int thread) { whole_tile(p, w, tile_at(tile, thread), kernel); });
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
