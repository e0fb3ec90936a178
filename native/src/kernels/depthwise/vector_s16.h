// depthwise of int16 activations and int8 weights, two taps of a vector's channels by two products of pairs. A 3x3
// kernel's columns are brought side by side once for the outputs that see them. For files that are built for one ISA.
// SPDX-License-Identifier: Apache-2.0
//
// A struct V has Int, CHANNELS of a vector, ABREAST outputs at a time, and
//   load(p), load_n(p, n)      CHANNELS or n channels, zeros behind
//   low(a, b), high(a, b)      unpacked words
//   dot(sum, pairs, weights)   sum + pairs by pairs of weights in memory
//   store<FIXED_64>(to, n, low, high, lanes, how, bounds)  results of n channels, by two Lanes16 from some lane on
#ifndef SINTER_KERNELS_DEPTHWISE_VECTOR_S16_H_
#define SINTER_KERNELS_DEPTHWISE_VECTOR_S16_H_

#include "core/workers.h"
#include "kernels/depthwise/s16.h"
#include "kernels/gemm/vnni_rows.h"

namespace sinter {
namespace {

alignas(64) const int16_t nothing_s16[32] = {};

// Where the taps of the pairs are in the window: its row (-1: a filler) and the distance from its first column.
struct DepthwiseS16Taps {
  int64_t pairs;
  int32_t row[258], column[258];

  explicit DepthwiseS16Taps(const DepthwiseParams& p) : pairs(depthwise_pairs(p)) {
    for (int64_t t = 0; t < 2 * pairs; t++) {
      const int64_t tap = depthwise_s16_tap(p, t);
      row[t] = tap < 0 ? -1 : static_cast<int32_t>(tap / p.kernel_w);
      column[t] = tap < 0 ? 0 : static_cast<int32_t>(tap % p.kernel_w * p.dilation_w);
    }
  }
};

// A row of outputs for a vector's channels, `channels` of them.
template <class V>
struct DepthwiseS16Row {
  const DepthwiseParams& p;
  const int16_t* rows[16];  // the input's, from the first of these channels on; null: outside
  const char* weights;
  const char* lanes;
  int16_t* out;
  int64_t channels;
  int32_t how, low, high;  // how results are made, and their bounds
  int64_t offset;          // of the vector in its block, in channels

  SINTER_VNNI_INLINE typename V::Int pixel(const int16_t* at) const {
    return channels >= V::CHANNELS ? V::load(at) : V::load_n(at, channels);
  }
  SINTER_VNNI_INLINE const char* pair(int64_t q) const {
    return weights + q * 4 * DEPTHWISE_S16_BLOCK + 2 * offset;
  }
  SINTER_VNNI_INLINE void finish(int64_t x, typename V::Int first, typename V::Int second) const {
    int16_t* to = out + x * p.in_c;
    if (how == REQUANTIZE_FIXED_64) {
      V::template store<true>(to, channels, first, second, lanes, offset / 4, how, low, high);
    } else {
      V::template store<false>(to, channels, first, second, lanes, offset / 4, how, low, high);
    }
  }

  // N outputs from x on, any kernel.
  template <int N>
  SINTER_VNNI_INLINE void any(int64_t x, const DepthwiseS16Taps& taps) const {
    typename V::Int first[N], second[N];
    for (int o = 0; o < N; o++) first[o] = second[o] = V::zero();
    const int64_t left = x * p.stride_w - p.pad_left;
    const auto value = [&](int64_t t, int o) SINTER_VNNI_LAMBDA {
      const int16_t* row = taps.row[t] < 0 ? nullptr : rows[taps.row[t]];
      const int64_t ix = left + o * p.stride_w + taps.column[t];
      return pixel(row && ix >= 0 && ix < p.in_w ? row + ix * p.in_c : nothing_s16);
    };
    for (int64_t q = 0; q < taps.pairs; q++) {
      const char* w = pair(q);
      vnni_repeat<N>([&](auto o) SINTER_VNNI_LAMBDA {
        const typename V::Int a = value(2 * q, o), b = value(2 * q + 1, o);
        first[o] = V::dot(first[o], V::low(a, b), w);
        second[o] = V::dot(second[o], V::high(a, b), w + 2 * DEPTHWISE_S16_BLOCK);
      });
    }
    for (int o = 0; o < N; o++) finish(x + o, first[o], second[o]);
  }

  void any_row(const DepthwiseS16Taps& taps) const {
    constexpr int N = V::ABREAST;
    int64_t x = 0;
    for (; x + N <= p.out_w; x += N) any<N>(x, taps);
    for (; x < p.out_w; x++) any<1>(x, taps);
  }

  // N outputs from x on of a 3x3 kernel whose columns are neighbours. SIDE: columns may lie outside.
  template <int N, int STRIDE, bool SIDE>
  SINTER_VNNI_INLINE void three_by_three(int64_t x) const {
    typename V::Int first[N], second[N];
    for (int o = 0; o < N; o++) first[o] = second[o] = V::zero();
    const int64_t left = x * p.stride_w - p.pad_left;
    const auto load = [&](int row, int column) SINTER_VNNI_LAMBDA {
      const int64_t ix = left + column;
      const bool inside = rows[row] && (!SIDE || (ix >= 0 && ix < p.in_w));
      return pixel(inside ? rows[row] + ix * p.in_c : nothing_s16);
    };
    constexpr int columns = STRIDE * (N - 1) + 3;
    typename V::Int last = load(2, 0);
    vnni_repeat<columns>([&](auto c) SINTER_VNNI_LAMBDA {
      const typename V::Int a = load(0, c), b = load(1, c);
      const typename V::Int ab_low = V::low(a, b), ab_high = V::high(a, b);
      // The last row's pair that begins here; beyond the last column it meets a weight of zero.
      const typename V::Int next = c + 1 < columns ? load(2, c + 1) : last;
      const typename V::Int cd_low = V::low(last, next), cd_high = V::high(last, next);
      last = next;
      vnni_repeat<N>([&](auto o) SINTER_VNNI_LAMBDA {
        constexpr int j = decltype(c)::value - STRIDE * decltype(o)::value;
        if constexpr (j >= 0 && j <= 2) {
          const char* w = pair(j);
          first[o] = V::dot(first[o], ab_low, w);
          second[o] = V::dot(second[o], ab_high, w + 2 * DEPTHWISE_S16_BLOCK);
        }
        if constexpr (j == 0 || j == 2) {
          const char* w = pair(j == 0 ? 3 : 4);
          first[o] = V::dot(first[o], cd_low, w);
          second[o] = V::dot(second[o], cd_high, w + 2 * DEPTHWISE_S16_BLOCK);
        }
      });
    });
    for (int o = 0; o < N; o++) finish(x + o, first[o], second[o]);
  }

  template <int STRIDE>
  void three_by_three_row() const {
    constexpr int N = V::ABREAST;
    if (p.out_w < N) {
      for (int64_t x = 0; x < p.out_w; x++) three_by_three<1, STRIDE, true>(x);
      return;
    }
    // The last outputs overlap those before.
    for (int64_t x = 0; x < p.out_w; x += N) {
      const int64_t at = x + N <= p.out_w ? x : p.out_w - N, left = at * STRIDE - p.pad_left;
      if (left >= 0 && left + STRIDE * (N - 1) + 3 <= p.in_w) {
        three_by_three<N, STRIDE, false>(at);
      } else {
        three_by_three<N, STRIDE, true>(at);
      }
    }
  }
};

// multiplier 1, up to 16 x 16 taps by the rows' limits: 2^8 products of 2^22 fit a sum.
template <class V>
inline void depthwise_s16(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int16_t* in = static_cast<const int16_t*>(call->slots[DEPTHWISE_IN]);
  const char* packed = static_cast<const char*>(call->slots[DEPTHWISE_WEIGHTS]);
  int16_t* out = static_cast<int16_t*>(call->slots[DEPTHWISE_OUT]);
  const int64_t line = int64_t{p.in_w} * p.in_c;
  const DepthwiseS16Taps taps(p);
  parallel_for(call->workers, depthwise_out_rows(p), [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t c0 = 0; c0 < p.in_c; c0 += V::CHANNELS) {
      const char* block = packed + c0 / DEPTHWISE_S16_BLOCK * depthwise_s16_block_bytes(p);
      DepthwiseS16Row<V> part = {p,
                                 {},
                                 block + 2 * sizeof(Lanes16),
                                 block,
                                 out + row * p.out_w * p.in_c + c0,
                                 p.in_c - c0 < V::CHANNELS ? p.in_c - c0 : int64_t{V::CHANNELS},
                                 p.requantization,
                                 p.out_min,
                                 p.out_max,
                                 c0 % DEPTHWISE_S16_BLOCK};
      for (int64_t i = 0; i < p.kernel_h; i++) {
        const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
        part.rows[i] = iy >= 0 && iy < p.in_h ? in + (b * p.in_h + iy) * line + c0 : nullptr;
      }
      const bool neighbours = p.kernel_h == 3 && p.kernel_w == 3 && p.dilation_w == 1;
      if (neighbours && p.stride_w == 1) {
        part.template three_by_three_row<1>();
      } else if (neighbours && p.stride_w == 2) {
        part.template three_by_three_row<2>();
      } else {
        part.any_row(taps);
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_VECTOR_S16_H_
