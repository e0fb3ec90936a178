// The micro-kernels whose sums are floats, written once for every vector unit: tiles of some vectors of columns times
// some rows, of floats or of bfloat16.
// SPDX-License-Identifier: Apache-2.0
//
// Included by the <arch>_<isa>_f32_tiles.cc and _tiles.cc files after their struct V (in an anonymous namespace, like
// all of this):
//   F, W               a vector of W floats, W a divisor of 16
//   In, STEP           an element of a row, and how many of them a step takes: a float, or two bfloat16 whose weights
//                      stand in pairs, a pair where a float would
//   Mask, first(n)     the first n lanes
//   load(p), store(p, v), store(p, v, mask), set(x), all(p), bound(v, low, high)
//   add(sum, x, w)     *sum += x * w; x is a vector or where a step's elements stand that all lanes take
//   scale_and_add(sum, scale, bias)  sum * scale + bias, each rounded; where STEP is 2
//   VECTORS            the most vectors of columns; VECTORS_OF_ONE: the same for a single row
//   most_rows(vectors) the most rows of a tile: as many as there are registers for sums, where vectors are fewer, more.
//                      Enough sums to keep the units busy (8 where two units take 4 cycles), loads (a vector each of
//                      weights, one float a row) no more than products
//   ahead(p), AHEAD    brings a line nearer; whether tiles of more than one vector and three rows have a load to spare
//   TAPS               whether three_taps() is for all columns of a single vector: those then stand alone in their
//   strip
//                      however many rows there are, so that no sum's order depends on how rows are cut
//   soon(p), SOON      brings a line of weights to L1, needed so many steps later; 0: the processor does it itself
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
SINTER_UNROLLED void three_taps(const V::In* a, int64_t pixel, const float* w, int64_t step, V::F (&s)[ROWS]) {
  const V::In *a4 = a + 4 * pixel, *a8 = a + 8 * pixel, *a12 = a + 12 * pixel, *a16 = a + 16 * pixel;
  const float *second = w + pixel / V::STEP * step, *third = second + pixel / V::STEP * step;
  for (int64_t i = pixel / V::STEP; i > 0; i--) {
    const V::F w0 = V::load(w), w1 = V::load(second), w2 = V::load(third);
    repeat<ROWS + 2>([&](auto r) SINTER_UNROLLED_LAMBDA {
      const V::F x = V::all((r < 4 ? a : r < 8 ? a4 : r < 12 ? a8 : r < 16 ? a12 : a16) + r % 4 * pixel);
      if constexpr (r < ROWS) V::add(&s[r], x, w0);
      if constexpr (r >= 1 && r <= ROWS) V::add(&s[r - 1], x, w1);
      if constexpr (r >= 2) V::add(&s[r - 2], x, w2);
    });
    w += step, second += step, third += step;
    a += V::STEP, a4 += V::STEP, a8 += V::STEP, a12 += V::STEP, a16 += V::STEP;
  }
}

// A Unit is V: others of it than bfloat16's have no such function.
template <class Unit>
SINTER_UNROLLED typename Unit::F scaled_sum(typename Unit::F sum, typename Unit::F scale, typename Unit::F bias) {
  return Unit::scale_and_add(sum, scale, bias);
}

template <int VECTORS, int ROWS, class Out>
SINTER_UNROLLED void one_tile(const StripRows<V::In>& m, int64_t row, const FloatWeights& weights,
                              const StripResults<Out>& results, V::Mask last) {
  constexpr int per_tile = 16 / V::W;  // vectors of a packed tile
  V::F s[VECTORS * ROWS];
  const auto bias_at = [&](int v)
                           SINTER_UNROLLED_LAMBDA { return v / per_tile * weights.bias_gap + v % per_tile * V::W; };
  const bool scaled = V::STEP == 2 && weights.scale;
  repeat<VECTORS>([&](auto v) SINTER_UNROLLED_LAMBDA {
    const V::F begin = scaled ? V::set(0) : V::load(weights.bias + bias_at(v));
    repeat<ROWS>([&](auto r) SINTER_UNROLLED_LAMBDA { s[VECTORS * r + v] = begin; });
  });
  const int64_t stride = m.stride, gap = weights.gap, step = weights.step;
  const float* w = weights.w;
  const V::In* a = m.a + row * stride;
  // A line for each k: the first tiles of rows see to the whole next strip.
  const int64_t part = row / ROWS;
  [[maybe_unused]] const float* ahead =
      weights.next && part * per_tile < VECTORS ? weights.next + part * 16 * (m.runs * m.run / V::STEP + 1) : w;
  [[maybe_unused]] const bool share = VECTORS == 1 && V::TAPS && m.run == 3 * stride && stride % V::STEP == 0;
  for (int64_t run = m.runs; run > 0; run--, a += m.pitch) {
    if constexpr (VECTORS == 1 && V::TAPS) {
      if (share) {
        three_taps<ROWS>(a, stride, w, step, s);
        w += m.run / V::STEP * step;
        continue;
      }
    }
    const V::In *a0 = a, *a4 = a + 4 * stride, *a8 = a + 8 * stride, *a12 = a + 12 * stride;
    for (int64_t i = m.run / V::STEP; i > 0; i--) {
      V::F wide[VECTORS];
      repeat<VECTORS>([&](auto v)
                          SINTER_UNROLLED_LAMBDA { wide[v] = V::load(w + v / per_tile * gap + v % per_tile * V::W); });
      repeat<ROWS>([&](auto r) SINTER_UNROLLED_LAMBDA {
        const V::In* at = (r < 4 ? a0 : r < 8 ? a4 : r < 12 ? a8 : a12) + r % 4 * stride;
        if constexpr (VECTORS == 1) {
          V::add(&s[r], at, wide[0]);
        } else {
          const V::F x = V::all(at);
          repeat<VECTORS>([&](auto v) SINTER_UNROLLED_LAMBDA { V::add(&s[VECTORS * r + v], x, wide[v]); });
        }
      });
      if constexpr (V::SOON > 0 && VECTORS > 1 && ROWS > 3) {
        repeat<VECTORS>([&](auto v) SINTER_UNROLLED_LAMBDA {
          V::soon(w + v / per_tile * gap + v % per_tile * V::W + V::SOON * step);
        });
      }
      if constexpr (V::AHEAD && VECTORS > 1 && ROWS > 3) {
        V::ahead(ahead);
        ahead += 16;
      }
      w += step;
      a0 += V::STEP, a4 += V::STEP, a8 += V::STEP, a12 += V::STEP;
    }
  }
  if constexpr (V::STEP == 2) {
    if (scaled) {
      repeat<VECTORS>([&](auto v) SINTER_UNROLLED_LAMBDA {
        const V::F scale = V::load(weights.scale + bias_at(v)), bias = V::load(weights.bias + bias_at(v));
        repeat<ROWS>([&](auto r) SINTER_UNROLLED_LAMBDA {
          s[VECTORS * r + v] = scaled_sum<V>(s[VECTORS * r + v], scale, bias);
        });
      });
    }
  }
  const V::F low = V::set(results.low), high = V::set(results.high);
  if (results.low > -INFINITY || results.high < INFINITY) {
    repeat<VECTORS * ROWS>([&](auto i) SINTER_UNROLLED_LAMBDA { s[i] = V::bound(s[i], low, high); });
  }
  Out* c = results.c + row * results.ldc;
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
template <int VECTORS, int ROWS, class Out>
__attribute__((noinline)) void some_tiles(const StripRows<V::In>& m, int64_t first, int64_t count,
                                          const FloatWeights& weights, const StripResults<Out>& results, V::Mask last) {
  for (int64_t row = first; row < first + count * ROWS; row += ROWS) {
    one_tile<VECTORS, ROWS>(m, row, weights, results, last);
  }
}

// Rows are shared out to as few tiles as there can be, whose heights differ by one at most.
template <int VECTORS, class Out>
inline void share_out_rows(const StripRows<V::In>& m, const FloatWeights& weights, const StripResults<Out>& results,
                           V::Mask last) {
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

template <int VECTORS = 1, class Out>
inline void multiply_strip(const StripRows<V::In>& m, const FloatWeights& weights, const StripResults<Out>& results,
                           int columns) {
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
