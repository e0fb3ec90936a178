// How the rows of gemm share C out to threads: blocks of rows and, where those are fewer than threads, runs of tiles of
// columns. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_TASKS_H_
#define SINTER_KERNELS_GEMM_TASKS_H_

#include <stdint.h>

#include "core/workers.h"

namespace sinter {
namespace {

// A run of tiles with fewer bytes of weights costs more to hand out than to do; of floats, multiplied faster, more.
constexpr int64_t LEAST_BYTES = 16384, LEAST_FLOAT_BYTES = 32768;

struct ProductTask {
  int64_t first_row, rows, first_tile, end_tile;
};

struct ProductTasks {
  int64_t m, block, tiles, chunks;

  int64_t count() const {
    return (m + block - 1) / block * chunks;
  }
  ProductTask at(int64_t task) const {
    const int64_t row = task / chunks * block, chunk = task % chunks;
    return {row, m - row < block ? m - row : block, tiles * chunk / chunks, tiles * (chunk + 1) / chunks};
  }
};

// Rows of a block: a thread's part of them, `most` at most. Few rows stay together where weights are many: cut, each
// thread would bring all weights; so each brings those of its columns.
constexpr int64_t FEW_ROWS = 16, MANY_BYTES = 131072;
inline int64_t product_rows(int64_t m, int64_t most, int64_t granule, int64_t weight_bytes, int threads) {
  return m <= FEW_ROWS && m <= most && weight_bytes >= MANY_BYTES ? m : fair_rows(m, most, granule, threads);
}

// Of m rows by `tiles` tiles of columns, one_tile bytes of weights each: blocks of `block` rows; a run of tiles has
// some `least` bytes at least.
inline ProductTasks product_tasks(int64_t m, int64_t block, int64_t tiles, int64_t one_tile, int64_t least,
                                  int threads) {
  ProductTasks t = {m, block, tiles, 1};
  if (threads > 1 && (m + block - 1) / block < threads) {
    t.chunks = threads < tiles ? threads : tiles;
    while (t.chunks > 1 && tiles / t.chunks * one_tile < least) t.chunks--;
  }
  return t;
}

// Rows of a block where weights are taken apart for each block anew: `most`, or a thread's part of them, in whole
// tiles of `height` rows, if that is `least` at least.
inline int64_t tile_high_rows(int64_t m, int64_t most, int64_t height, int64_t least, int threads) {
  const int64_t fair = ((m + threads - 1) / threads + height - 1) / height * height;
  return threads > 1 && fair < most && fair >= least ? fair : most;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TASKS_H_
