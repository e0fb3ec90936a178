// gemm of float activations and int4 weights for AVX-512 VNNI: rows are quantized into a panel of unsigned bytes and
// meet the weights as they lie in memory, taken apart in registers for up to six rows at once. Many rows by weights
// with blocks meet a tile's weights as signed bytes, taken apart once for all of them. SPDX-License-Identifier:
// Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/nibbles_vnni.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/s4_scratch.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

// What a thread works on: quantized rows, and where it takes a tile apart.
struct Rows {
  const uint8_t* panel;
  int64_t stride, rows;
  const DynamicRange* ranges;
  char* front;  // where a tile with blocks is taken apart
};

// f(first row, rows) for rows shared out to as few groups as there can be, of `most` rows at most.
template <class F>
inline void share_out(int64_t rows, int64_t most, const F& f) {
  const int64_t groups = (rows + most - 1) / most;
  for (int64_t g = 0; g < groups; g++) f(rows * g / groups, rows * (g + 1) / groups - rows * g / groups);
}

template <DynamicResult HOW>
inline void scaled_tile(const GemmParams& p, const Rows& a, const char* tile, int64_t width, float* c, int columns) {
  const float* bias = reinterpret_cast<const float*>(tile + 8 * width);
  share_out(a.rows, 6, [&](int64_t r, int64_t count) {
    const VnniStoreDynamic<HOW, 4> store = {c + r * p.ldc, p.ldc, columns, a.ranges + r, bias, p.act_min, p.act_max};
    with_vnni_rows<6>(count, [&](auto rows) {
      with_vectors(width / 16, [&](auto vectors) {
        nibble_tile<decltype(vectors)::value, decltype(rows)::value>(a.panel + r * a.stride, a.stride, tile,
                                                                     a.stride / 8, store);
      });
    });
  });
}

// R rows with all vectors of a tile: at most `MOST` at once, so that their sums find registers.
template <int R, int MOST, class F>
inline void some_vectors(int64_t width, const F& f) {
  for (int64_t v = 0; v < width / 16; v += MOST) {
    const int64_t left = width / 16 - v;
    with_vectors(left < MOST ? left : MOST, [&](auto vectors) {
      constexpr int V = decltype(vectors)::value < MOST ? decltype(vectors)::value : MOST;
      f(VnniConstant<V>(), v);
    });
  }
}

inline void block_tile(const GemmParams& p, const Rows& a, const char* tile, int64_t width, float* c, int columns) {
  const int64_t blocks = p.k / p.block, block = p.block;
  float* fronts = reinterpret_cast<float*>(a.front);
  char* bytes = a.front + 512 * blocks;
  const bool direct = a.rows <= S4_DIRECT_ROWS;
  if (!direct) unpack_blocks(tile, width, blocks, block, fronts, bytes);
  share_out(a.rows, direct ? 5 : 6, [&](int64_t r, int64_t count) {
    BlockRow rows[6];
    for (int64_t i = 0; i < count; i++) {
      rows[i] = {static_cast<float>(128 + a.ranges[r + i].zero_point), a.ranges[r + i].inverse};
    }
    const uint8_t* from = a.panel + r * a.stride;
    const auto store = [&](int64_t v) { return BlockStore{c + r * p.ldc + 16 * v, p.ldc, p.act_min, p.act_max}; };
    with_vnni_rows<6>(count, [&](auto constant) {
      constexpr int R = decltype(constant)::value;
      if (direct) {
        // Float sums may wait in memory: they are met once a block.
        if constexpr (R <= 5) {
          some_vectors<R, 4>(width, [&](auto vectors, int64_t v) {
            nibble_blocks<decltype(vectors)::value, R>(from, a.stride, rows, tile, width, v, blocks, block,
                                                       columns - static_cast<int>(16 * v), store(v));
          });
        }
      } else {
        some_vectors<R, 2>(width, [&](auto vectors, int64_t v) {
          unpacked_blocks<decltype(vectors)::value, R>(from, a.stride, rows, fronts, bytes, tile + 8 * width, width, v,
                                                       blocks, block, columns - static_cast<int>(16 * v), store(v));
        });
      }
    });
  });
}

template <class TileFn>
inline void for_each_tile(const Call* call, const TileFn& tile_fn) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  float* c = static_cast<float*>(call->slots[GEMM_C]);
  const int64_t n = p.n, k = p.k, stride = s4_round_up(k, 8), tiles = (n + S4_TILE_COLUMNS - 1) / S4_TILE_COLUMNS;
  const int64_t one_tile = s4_tile_bytes(S4_TILE_COLUMNS, k, p.block);
  const int threads = call->workers->threads;
  const int64_t block = tile_high_rows(p.m, s4_vnni_rows(p.m, k), 6, 6, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  const int64_t own_bytes = s4_vnni_thread_bytes(p.m, k, p.block);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row, rows = part.rows;
    char* own = static_cast<char*>(call->scratch) + thread * own_bytes;
    uint8_t* panel = reinterpret_cast<uint8_t*>(own);
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(own + s4_vnni_ranges_offset(p.m, k));
    dynamic_rows<DynamicVnni>(a + m0 * p.lda, p.lda, rows, k, p.dynamic, panel, stride, stride, ranges);
    const Rows all = {panel, stride, rows, ranges, own + s4_vnni_tile_offset(p.m, k)};
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      const int64_t n0 = t * S4_TILE_COLUMNS, width = s4_tile_width(n, n0);
      const int columns = static_cast<int>(n - n0 < width ? n - n0 : width);
      tile_fn(all, packed + t * one_tile, width, c + m0 * p.ldc + n0, columns);
    }
  });
}

template <DynamicResult HOW>
inline void by_column(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  for_each_tile(call, [&](const Rows& a, const char* tile, int64_t width, float* c, int columns) {
    scaled_tile<HOW>(p, a, tile, width, c, columns);
  });
}

}  // namespace

void gemm_f32s4f32_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  if (p.block > 0) {
    return for_each_tile(call, [&](const Rows& a, const char* tile, int64_t width, float* c, int columns) {
      block_tile(p, a, tile, width, c, columns);
    });
  }
  if (p.dynamic == DYNAMIC_DELEGATE) return by_column<FUSED>(call);
  if (p.dynamic < DYNAMIC_SYMMETRIC_FOLDED) return by_column<ROUNDED>(call);
  by_column<FOLDED>(call);
}

}  // namespace sinter
