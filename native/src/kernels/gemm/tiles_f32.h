// The float micro-kernels, written once for every vector unit: tiles of some vectors of columns times some rows.
// SPDX-License-Identifier: Apache-2.0
//
// Included by the <arch>_<isa>_f32_tiles.cc files after their struct V (in an anonymous namespace, like all of this):
//   F, W               a vector of W floats, W a divisor of 16
//   Mask, first(n)     the first n lanes
//   load(p), store(p, v), store(p, v, mask), set(x), bound(v, low, high)
//   add(sum, x, w)     *sum += x * w, rounded once; x is a vector or where a float stands that all lanes take
//   VECTORS            the most vectors of columns; VECTORS_OF_ONE: the same for a single row
//   most_rows(vectors) the most rows of a tile: as many as there are registers for sums, where vectors are fewer, more.
//                      Enough sums to keep the units busy (8 where two units take 4 cycles), loads (a vector each of
//                      weights, one float a row) no more than products
//   ahead(p), AHEAD    brings a line nearer; whether tiles of more than one vector and three rows have a load to spare
#ifndef SINTER_KERNELS_GEMM_TILES_F32_H_
#define SINTER_KERNELS_GEMM_TILES_F32_H_

#include <math.h>

#include "kernels/gemm/strip_f32.h"
#include "kernels/simd/repeat.h"

namespace sinter {
namespace {

// One run of rows that are three pixels each and begin a pixel apart (convolutions 3 wide of stride 1), times one
// vector of columns: a value meets the up to three taps of as many rows that see it. A load for each product would be
// the limit.
template <int ROWS>
SINTER_UNROLLED void three_taps(const float* a, int64_t pixel, const float* w, int64_t step, V::F (&s)[ROWS]) {
  const float *a4 = a + 4 * pixel, *a8 = a + 8 * pixel, *a12 = a + 12 * pixel, *a16 = a + 16 * pixel;
  const float *second = w + pixel * step, *third = second + pixel * step;
  for (int64_t i = pixel; i > 0; i--) {
    const V::F w0 = V::load(w), w1 = V::load(second), w2 = V::load(third);
    repeat<ROWS + 2>([&](auto r) SINTER_UNROLLED_LAMBDA {
      const V::F x = V::set((r < 4 ? a : r < 8 ? a4 : r < 12 ? a8 : r < 16 ? a12 : a16)[r % 4 * pixel]);
      if constexpr (r < ROWS) V::add(&s[r], x, w0);
      if constexpr (r >= 1 && r <= ROWS) V::add(&s[r - 1], x, w1);
      if constexpr (r >= 2) V::add(&s[r - 2], x, w2);
    });
    w += step, second += step, third += step;
    a++, a4++, a8++, a12++, a16++;
  }
}

template <int VECTORS, int ROWS>
SINTER_UNROLLED void one_tile(const FloatRows& m, int64_t row, const FloatWeights& weights, const FloatResults& results,
                              V::Mask last) {
  constexpr int per_tile = 16 / V::W;  // vectors of a packed tile
  V::F s[VECTORS * ROWS];
  repeat<VECTORS>([&](auto v) SINTER_UNROLLED_LAMBDA {
    const V::F bias = V::load(weights.bias + v / per_tile * weights.bias_gap + v % per_tile * V::W);
    repeat<ROWS>([&](auto r) SINTER_UNROLLED_LAMBDA { s[VECTORS * r + v] = bias; });
  });
  const int64_t stride = m.stride, gap = weights.gap, step = weights.step;
  const float* w = weights.w;
  const float* a = m.a + row * stride;
  // A line for each k: the first tiles of rows see to the whole next strip.
  const int64_t part = row / ROWS;
  [[maybe_unused]] const float* ahead =
      weights.next && part * per_tile < VECTORS ? weights.next + part * 16 * (m.runs * m.run + 1) : w;
  [[maybe_unused]] const bool share = VECTORS == 1 && ROWS >= 4 && m.run == 3 * stride;
  for (int64_t run = m.runs; run > 0; run--, a += m.pitch) {
    if constexpr (VECTORS == 1 && ROWS >= 4) {
      if (share) {
        three_taps<ROWS>(a, stride, w, step, s);
        w += m.run * step;
        continue;
      }
    }
    const float *a0 = a, *a4 = a + 4 * stride, *a8 = a + 8 * stride, *a12 = a + 12 * stride;
    for (int64_t i = m.run; i > 0; i--) {
      V::F wide[VECTORS];
      repeat<VECTORS>([&](auto v)
                          SINTER_UNROLLED_LAMBDA { wide[v] = V::load(w + v / per_tile * gap + v % per_tile * V::W); });
      repeat<ROWS>([&](auto r) SINTER_UNROLLED_LAMBDA {
        const float* at = (r < 4 ? a0 : r < 8 ? a4 : r < 12 ? a8 : a12) + r % 4 * stride;
        if constexpr (VECTORS == 1) {
          V::add(&s[r], at, wide[0]);
        } else {
          const V::F x = V::set(*at);
          repeat<VECTORS>([&](auto v) SINTER_UNROLLED_LAMBDA { V::add(&s[VECTORS * r + v], x, wide[v]); });
        }
      });
      if constexpr (V::AHEAD && VECTORS > 1 && ROWS > 3) {
        V::ahead(ahead);
        ahead += 16;
      }
      w += step;
      a0++, a4++, a8++, a12++;
    }
  }
  const V::F low = V::set(results.low), high = V::set(results.high);
  if (results.low > -INFINITY || results.high < INFINITY) {
    repeat<VECTORS * ROWS>([&](auto i) SINTER_UNROLLED_LAMBDA { s[i] = V::bound(s[i], low, high); });
  }
  float* c = results.c + row * results.ldc;
  repeat<ROWS>([&](auto r) SINTER_UNROLLED_LAMBDA {
    repeat<VECTORS>([&](auto v) SINTER_UNROLLED_LAMBDA {
      const V::F value = s[VECTORS * r + v];
      if constexpr (v + 1 < VECTORS) {
        V::store(c + V::W * v, value);
      } else {
        V::store(c + V::W * v, value, last);
      }
    });
    c += results.ldc;
  });
}

// `count` tiles of ROWS rows from row `first` on.
template <int VECTORS, int ROWS>
__attribute__((noinline)) void some_tiles(const FloatRows& m, int64_t first, int64_t count, const FloatWeights& weights,
                                          const FloatResults& results, V::Mask last) {
  for (int64_t row = first; row < first + count * ROWS; row += ROWS) {
    one_tile<VECTORS, ROWS>(m, row, weights, results, last);
  }
}

// Rows are shared out to as few tiles as there can be, whose heights differ by one at most.
template <int VECTORS>
inline void share_out_rows(const FloatRows& m, const FloatWeights& weights, const FloatResults& results, V::Mask last) {
  constexpr int most = V::most_rows(VECTORS);
  const int64_t tiles = (m.rows + most - 1) / most, height = (m.rows + tiles - 1) / tiles;
  const int64_t higher = m.rows - tiles * (height - 1), split = higher * height;
  switch (height) {
#define SINTER_TILE_CASE(n)                                                                        \
  case n:                                                                                          \
    if constexpr (n <= most) {                                                                     \
      some_tiles<VECTORS, n>(m, 0, higher, weights, results, last);                                \
      if (higher < tiles) {                                                                        \
        some_tiles<VECTORS, n == 1 ? 1 : n - 1>(m, split, tiles - higher, weights, results, last); \
      }                                                                                            \
    }                                                                                              \
    break;
    SINTER_TILE_CASE(1)
    SINTER_TILE_CASE(2)
    SINTER_TILE_CASE(3)
    SINTER_TILE_CASE(4)
    SINTER_TILE_CASE(5)
    SINTER_TILE_CASE(6)
    SINTER_TILE_CASE(7)
    SINTER_TILE_CASE(8)
    SINTER_TILE_CASE(9)
    SINTER_TILE_CASE(10)
    SINTER_TILE_CASE(11)
    SINTER_TILE_CASE(12)
    SINTER_TILE_CASE(13)
    SINTER_TILE_CASE(14)
    SINTER_TILE_CASE(15)
    SINTER_TILE_CASE(16)
#undef SINTER_TILE_CASE
  }
}

template <int VECTORS = 1>
inline void multiply_strip(const FloatRows& m, const FloatWeights& weights, const FloatResults& results, int columns) {
  constexpr int many = V::VECTORS > V::VECTORS_OF_ONE ? V::VECTORS : V::VECTORS_OF_ONE;
  if (columns > V::W * VECTORS) {
    if constexpr (VECTORS < many) multiply_strip<VECTORS + 1>(m, weights, results, columns);
    return;
  }
  const V::Mask last = V::first(columns - V::W * (VECTORS - 1));
  if constexpr (VECTORS <= V::VECTORS) {
    if (m.rows > 0) share_out_rows<VECTORS>(m, weights, results, last);
  } else {
    some_tiles<VECTORS, 1>(m, 0, m.rows, weights, results, last);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILES_F32_H_
