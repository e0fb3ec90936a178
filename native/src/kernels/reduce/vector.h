// reduce in vectors: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
//
// Two forms. Innermost dimension kept (mean over height and width): lanes are channels, rows of channels are added.
// Innermost dimension reduced: each output adds contiguous runs.
#ifndef SINTER_KERNELS_REDUCE_VECTOR_H_
#define SINTER_KERNELS_REDUCE_VECTOR_H_

#include "core/workers.h"
#include "kernels/reduce/op.h"
#include "kernels/reduce/scaling.h"
#include "kernels/reduce/shape.h"
#include "kernels/simd/lanes.h"

namespace sinter {

// Offset of the outer (k0, k1, k2) index.
static inline int64_t reduce_outer(const ReduceShape& s, int64_t outer) {
  const int64_t k2 = outer % s.kept[2], rest = outer / s.kept[2];
  return k2 * s.kept_stride[2] + rest % s.kept[1] * s.kept_stride[1] + rest / s.kept[1] * s.kept_stride[0];
}

// chunk(in offset, out offset, channels): pieces of rows of kept channels, shared by threads.
template <class Chunk>
static inline void reduce_channels(const ReduceShape& s, Workers* workers, int64_t step, const Chunk& chunk) {
  const int64_t outer = s.kept[0] * s.kept[1] * s.kept[2], channels = s.kept[3];
  const int64_t chunks = (channels + step - 1) / step;
  parallel_for(workers, outer * chunks, [&](int64_t task, int) {
    const int64_t c = task % chunks * step;
    const int64_t n = channels - c < step ? channels - c : step;
    chunk(reduce_outer(s, task / chunks) + c, task / chunks * channels + c, n);
  });
}

template <class V>
static inline __attribute__((always_inline)) typename V::I mean_finish(typename V::I sum, MeanScaling m) {
  typename V::F value = V::add(V::mul(V::to_float(sum), V::set(m.scale)), V::set(m.offset));
  value = V::min(V::max(value, V::set(m.low)), V::set(m.high));
  return V::to_int_truncated(V::add(value, V::if_less(value, V::set(0.0f), V::set(-kBelowHalf), V::set(kBelowHalf))));
}

// How many bytes a sum of 16 bits takes.
template <class T>
static inline constexpr int32_t short_sums() {
  return static_cast<T>(-1) < 0 ? 255 : 128;
}

// n <= H channels. 16-bit sums take so many rows before they are added to 32-bit ones.
template <class V, bool tail, class T>
static inline void mean_chunk_8(const ReduceShape& s, const T* in, T* out, int64_t n, MeanScaling m) {
  constexpr int32_t most = short_sums<T>();
  typename V::I low = V::set_i(0), high = V::set_i(0);
  typename V::S sum = V::zero();
  int32_t held = 0;
  for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
    for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
      const T* row = in + r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1];
      int64_t left = s.reduced[2];
      while (left > 0) {
        const int64_t run = left < most - held ? left : most - held;
        for (int64_t r = 0; r < run; r++, row += s.reduced_stride[2]) {
          sum = V::add_s(sum, tail ? V::load_half_n(row, n) : V::load_half(row));
        }
        left -= run;
        held += static_cast<int32_t>(run);
        if (held == most) {
          low = V::add_i(low, V::widen_low(sum));
          high = V::add_i(high, V::widen_high(sum));
          sum = V::zero();
          held = 0;
        }
      }
    }
  }
  low = mean_finish<V>(V::add_i(low, V::widen_low(sum)), m);
  high = mean_finish<V>(V::add_i(high, V::widen_high(sum)), m);
  if (!tail) {
    V::store_narrow(out, low);
    V::store_narrow(out + V::W, high);
  } else {
    V::store_narrow_n(out, low, n < V::W ? n : V::W);
    if (n > V::W) V::store_narrow_n(out + V::W, high, n - V::W);
  }
}

// 4 H channels with few rows: the sums of all four stay in 16 bits.
template <class V, class T>
static inline void mean_chunks_8(const ReduceShape& s, const T* in, T* out, MeanScaling m) {
  typename V::S sum0 = V::zero(), sum1 = V::zero(), sum2 = V::zero(), sum3 = V::zero();
  for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
    for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
      const T* row = in + r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1];
      for (int64_t r = 0; r < s.reduced[2]; r++, row += s.reduced_stride[2]) {
        sum0 = V::add_s(sum0, V::load_half(row));
        sum1 = V::add_s(sum1, V::load_half(row + V::H));
        sum2 = V::add_s(sum2, V::load_half(row + 2 * V::H));
        sum3 = V::add_s(sum3, V::load_half(row + 3 * V::H));
      }
    }
  }
  const auto finish = [&](typename V::S sum, T* to) __attribute__((always_inline)) {
    V::store_narrow(to, mean_finish<V>(V::widen_low(sum), m));
    V::store_narrow(to + V::W, mean_finish<V>(V::widen_high(sum), m));
  };
  finish(sum0, out);
  finish(sum1, out + V::H);
  finish(sum2, out + 2 * V::H);
  finish(sum3, out + 3 * V::H);
}

// 2 H channels.
template <class V, class T>
static inline void mean_pair_8(const ReduceShape& s, const T* in, T* out, MeanScaling m) {
  typename V::I sums[4] = {V::set_i(0), V::set_i(0), V::set_i(0), V::set_i(0)};
  typename V::S sum0 = V::zero(), sum1 = V::zero();
  int64_t room = short_sums<T>();
  const auto widen = [&]() __attribute__((always_inline)) {
    sums[0] = V::add_i(sums[0], V::widen_low(sum0));
    sums[1] = V::add_i(sums[1], V::widen_high(sum0));
    sums[2] = V::add_i(sums[2], V::widen_low(sum1));
    sums[3] = V::add_i(sums[3], V::widen_high(sum1));
    sum0 = sum1 = V::zero();
    room = short_sums<T>();
  };
  for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
    for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
      const T* row = in + r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1];
      for (int64_t left = s.reduced[2]; left > 0;) {
        const int64_t run = left < room ? left : room;
        for (int64_t r = 0; r < run; r++, row += s.reduced_stride[2]) {
          sum0 = V::add_s(sum0, V::load_half(row));
          sum1 = V::add_s(sum1, V::load_half(row + V::H));
        }
        left -= run;
        room -= run;
        if (room == 0) widen();
      }
    }
  }
  widen();
  for (int i = 0; i < 4; i++) V::store_narrow(out + i * V::W, mean_finish<V>(sums[i], m));
}

// result(offset of its first element, its place) for all outputs of runs; some outputs a task.
template <class Result>
static inline void reduce_runs(const ReduceShape& s, Workers* workers, const Result& result) {
  const int64_t group = fair_rows(s.outputs, 4096 / (s.count + 1) + 1, 1, workers->threads);
  parallel_for(workers, (s.outputs + group - 1) / group, [&](int64_t task, int) {
    const int64_t end = (task + 1) * group < s.outputs ? (task + 1) * group : s.outputs;
    int64_t index = task * group;
    while (index < end) {  // neighbours of the innermost kept dimension
      const int64_t last = index % s.kept[2], rest = end - index;
      const int64_t row = s.kept[2] - last < rest ? s.kept[2] - last : rest;
      int64_t from = reduce_outer(s, index);
      for (int64_t i = 0; i < row; i++, from += s.kept_stride[2]) result(from, index + i);
      index += row;
    }
  });
}

// Outputs that are one run each, at equal distances: several are taken at a time, without what other shapes need.
static inline bool equal_runs(const ReduceShape& s) {
  return s.reduced[0] == 1 && s.reduced[1] == 1 && s.kept[0] == 1 && s.kept[1] == 1;
}
// some(first one's place, how many) for pieces of them, which are multiples of 16 but for the last.
template <class Some>
static inline void pieces_of_runs(const ReduceShape& s, Workers* workers, const Some& some) {
  const int64_t group = fair_rows(s.outputs, (4096 / (s.count + 1) / 16 + 1) * 16, 16, workers->threads);
  parallel_for(workers, (s.outputs + group - 1) / group, [&](int64_t task, int) {
    some(task * group, s.outputs - task * group < group ? s.outputs - task * group : group);
  });
}

struct Added {
  template <class X>
  static inline __attribute__((always_inline)) X of(X a, X b) {
    return a + b;
  }
};
typedef Lanes<uint32_t, 16>::Vector FourSums;  // which wrap around on the way
typedef Lanes<float, 16>::Vector FourFloats;

// The lanes of 16 bytes whose sum is that of n contiguous bytes, signed or not.
template <class V, class T>
static inline FourSums sums_of_bytes(const T* in, int64_t n) {
  constexpr bool is_signed = static_cast<T>(-1) < 0;
  typename V::Y sums = V::zero();
  int64_t i = 0;
  for (; i + V::B <= n; i += V::B) {
    const typename V::Y x = V::load_bytes(reinterpret_cast<const int8_t*>(in + i));
    sums = V::add_unsigned(sums, is_signed ? V::flip_sign(x) : x);
  }
  uint32_t rest = is_signed ? -128 * static_cast<uint32_t>(i) : 0;
  for (; i < n; i++) rest += static_cast<uint32_t>(in[i]);
  FourSums four = halved<Added, uint32_t, V::B>(reinterpret_cast<typename Lanes<uint32_t, V::B>::Vector>(sums));
  four[1] += rest;
  return four;
}

// Means of `results` runs of n bytes.
template <class V, class T>
static inline void mean_runs_8(const T* in, int64_t stride, int64_t n, T* out, int64_t results, MeanScaling m) {
  for (; results > 0; results -= V::W, in += V::W * stride, out += V::W) {
    const int64_t some = results < V::W ? results : V::W;
    uint32_t sums[V::W] = {};
    for (int64_t k = 0; k < some; k += 4) {
      FourSums four[4] = {};
      for (int64_t j = 0; j < 4 && k + j < some; j++) four[j] = sums_of_bytes<V>(in + (k + j) * stride, n);
      Lanes<uint32_t, 16>::store(sums + k, joined<Added, uint32_t>(four));
    }
    typename V::I totals;
    __builtin_memcpy(&totals, sums, sizeof totals);
    const typename V::I means = mean_finish<V>(totals, m);
    if (some == V::W) {
      V::store_narrow(out, means);
    } else {
      V::store_narrow_n(out, means, some);
    }
  }
}

template <class V, class T>
static inline void mean_8(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[REDUCE_IN]);
  T* out = static_cast<T*>(call->slots[REDUCE_OUT]);
  const ReduceShape s = reduce_shape(p);
  const MeanScaling m = mean_scaling<T>(p, s.count);
  if (s.kept[3] > 1) {
    reduce_channels(s, call->workers, 4 * V::H, [&](int64_t at_in, int64_t at_out, int64_t n) {
      if (n == 4 * V::H && s.count <= short_sums<T>()) {
        mean_chunks_8<V>(s, in + at_in, out + at_out, m);
        return;
      }
      for (; n >= 2 * V::H; n -= 2 * V::H, at_in += 2 * V::H, at_out += 2 * V::H) {
        mean_pair_8<V>(s, in + at_in, out + at_out, m);
      }
      for (; n >= V::H; n -= V::H, at_in += V::H, at_out += V::H) {
        mean_chunk_8<V, false>(s, in + at_in, out + at_out, V::H, m);
      }
      if (n > 0) mean_chunk_8<V, true>(s, in + at_in, out + at_out, n, m);
    });
    return;
  }
  if (equal_runs(s)) {
    pieces_of_runs(s, call->workers, [=](int64_t first, int64_t n) {
      mean_runs_8<V>(in + first * s.kept_stride[2], s.kept_stride[2], s.reduced[2], out + first, n, m);
    });
    return;
  }
  reduce_runs(s, call->workers, [&](int64_t first, int64_t index) {
    const T* from = in + first;
    FourSums sums = {};
    for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
      for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
        sums += sums_of_bytes<V>(from + r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1], s.reduced[2]);
      }
    }
    out[index] = mean_one<T>(m, static_cast<int32_t>(sums[0] + sums[1] + sums[2] + sums[3]));
  });
}

template <class V>
static inline FourFloats sums_of_run(const float* in, int64_t n) {
  typename V::F sum0 = V::set(0.0f), sum1 = sum0;
  int64_t i = 0;
  for (; i + 2 * V::W <= n; i += 2 * V::W) {
    sum0 = V::add(sum0, V::load(in + i));
    sum1 = V::add(sum1, V::load(in + i + V::W));
  }
  for (; i < n; i += V::W) sum0 = V::add(sum0, V::load_n(in + i, n - i < V::W ? n - i : V::W));
  typedef typename Lanes<float, 4 * V::W>::Vector All;
  return halved<Added, float, 4 * V::W>(reinterpret_cast<All>(V::add(sum0, sum1)));
}

// Means of `results` runs of n floats.
template <class V>
static inline void mean_runs_f32(const float* in, int64_t stride, int64_t n, float* out, int64_t results,
                                 float inverse) {
  for (; results > 0; results -= 4, in += 4 * stride, out += 4) {
    const int64_t some = results < 4 ? results : 4;
    FourFloats four[4] = {};
    for (int64_t j = 0; j < some; j++) four[j] = sums_of_run<V>(in + j * stride, n);
    const FourFloats means = joined<Added, float>(four) * inverse;
    if (some == 4) {
      Lanes<float, 16>::store(out, means);
    } else {
      __builtin_memcpy(out, &means, static_cast<size_t>(some) * 4);
    }
  }
}

// So many vectors of channels, or of one the first lanes. Long rows at a time: they are read from memory in order.
template <class V, int vectors>
static inline void mean_block_f32(const ReduceShape& s, const float* in, float* out, float factor, int64_t lanes) {
  typename V::F sums[vectors];
#pragma GCC unroll 8
  for (auto& sum : sums) sum = V::set(0.0f);
  for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
    for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
      const float* row = in + r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1];
      for (int64_t r = 0; r < s.reduced[2]; r++, row += s.reduced_stride[2]) {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
          sums[v] = V::add(sums[v], vectors > 1 ? V::load(row + v * V::W) : V::load_n(row, lanes));
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) {
    const typename V::F mean = V::mul(sums[v], V::set(factor));
    if (vectors > 1) {
      V::store(out + v * V::W, mean);
    } else {
      V::store_n(out, mean, lanes);
    }
  }
}

template <class V>
static inline void mean_f32(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[REDUCE_IN]);
  float* out = static_cast<float*>(call->slots[REDUCE_OUT]);
  const ReduceShape s = reduce_shape(p);
  const float inverse = mean_factor(p, s.count);
  if (s.kept[3] > 1) {
    reduce_channels(s, call->workers, 8 * V::W, [&](int64_t at_in, int64_t at_out, int64_t n) {
      int64_t c = 0;
      for (; c + 8 * V::W <= n; c += 8 * V::W) mean_block_f32<V, 8>(s, in + at_in + c, out + at_out + c, inverse, V::W);
      for (; c + 4 * V::W <= n; c += 4 * V::W) mean_block_f32<V, 4>(s, in + at_in + c, out + at_out + c, inverse, V::W);
      for (; c + 2 * V::W <= n; c += 2 * V::W) mean_block_f32<V, 2>(s, in + at_in + c, out + at_out + c, inverse, V::W);
      for (; c < n; c += V::W) {
        mean_block_f32<V, 1>(s, in + at_in + c, out + at_out + c, inverse, n - c < V::W ? n - c : V::W);
      }
    });
    return;
  }
  if (equal_runs(s)) {
    pieces_of_runs(s, call->workers, [=](int64_t first, int64_t n) {
      mean_runs_f32<V>(in + first * s.kept_stride[2], s.kept_stride[2], s.reduced[2], out + first, n, inverse);
    });
    return;
  }
  reduce_runs(s, call->workers, [&](int64_t first, int64_t index) {
    const float* from = in + first;
    FourFloats sums = {};
    for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
      for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
        sums += sums_of_run<V>(from + r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1], s.reduced[2]);
      }
    }
    out[index] = ((sums[0] + sums[1]) + (sums[2] + sums[3])) * inverse;
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_REDUCE_VECTOR_H_
