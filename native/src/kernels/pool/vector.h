// pool in vectors of channels: written once in the operations of simd/*.h, built per ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_POOL_VECTOR_H_
#define SINTER_KERNELS_POOL_VECTOR_H_

#include "kernels/pool/op.h"
#include "kernels/pool/window.h"
#include "kernels/simd/repeat.h"

namespace sinter {

template <class V, class T>
static inline __attribute__((always_inline)) typename V::Y larger(typename V::Y a, typename V::Y b) {
  return static_cast<T>(-1) < 0 ? V::max_y(a, b) : V::max_unsigned(a, b);
}

// The largest of each byte of one chunk of channels, within bounds; n < B: a tail. T: int8_t or uint8_t.
template <class V, class T, bool tail>
static inline __attribute__((always_inline)) typename V::Y pool_max_chunk(const PoolParams& p, const T* in,
                                                                          const PoolWindow& w, int64_t n) {
  const int64_t pitch = static_cast<int64_t>(p.in_w) * p.channels;
  typename V::Y largest = V::set_y(p.out_min);
  for (int32_t y = 0; y < w.rows; y++) {
    const int8_t* tap = reinterpret_cast<const int8_t*>(in + y * pitch);
    for (int32_t x = 0; x < w.cols; x++, tap += p.channels) {
      largest = larger<V, T>(largest, tail ? V::load_bytes_n(tap, n) : V::load_bytes(tap));
    }
  }
  const typename V::Y high = V::set_y(p.out_max);
  return static_cast<T>(-1) < 0 ? V::min_y(largest, high) : V::min_unsigned(largest, high);
}

template <class V, class T>
static inline void pool_max_8(const PoolParams& p, const T* in, T* out, const PoolWindow& w) {
  int8_t* to = reinterpret_cast<int8_t*>(out + w.out);
  int64_t c = 0;
  for (; c + V::B <= p.channels; c += V::B) {
    V::store_bytes(to + c, pool_max_chunk<V, T, false>(p, in + w.in + c, w, V::B));
  }
  if (c < p.channels) {
    V::store_bytes_n(to + c, pool_max_chunk<V, T, true>(p, in + w.in + c, w, p.channels - c), p.channels - c);
  }
}

// round(sum / taps), halves away from zero. In floats: sums below 2^24 are exact, and the quotient of at most 255 is
// off by at most 2^-17, less than the 1 / taps >= 2^-16 that keeps it from the next whole number.
template <class V>
static inline __attribute__((always_inline)) typename V::I pool_average(typename V::I sum, int32_t taps) {
  const typename V::I half = V::set_i(taps / 2);
  const typename V::I away = V::if_negative_i(sum, V::sub_i(sum, half), V::add_i(sum, half));
  return V::to_int_truncated(V::div(V::to_float(away), V::set(static_cast<float>(taps))));
}

// T: int8_t or uint8_t.
template <class V, class T>
static inline void pool_average_8(const PoolParams& p, const T* in, T* out, const PoolWindow& w) {
  const int64_t pitch = static_cast<int64_t>(p.in_w) * p.channels, channels = p.channels;
  const int32_t taps = w.rows * w.cols;
  const typename V::I low = V::set_i(p.out_min), high = V::set_i(p.out_max);
  const auto finish = [&](typename V::S sum, T* to) __attribute__((always_inline)) {
    const typename V::I a = pool_average<V>(V::widen_low(sum), taps), b = pool_average<V>(V::widen_high(sum), taps);
    V::store_narrow(to, V::min_i(V::max_i(a, low), high));
    V::store_narrow(to + V::W, V::min_i(V::max_i(b, low), high));
  };
  int64_t c = 0;
  if (taps <= 128) {  // sums fit 16 bits
    for (; c + V::H <= channels; c += V::H) {
      typename V::S sum = V::zero();
      for (int32_t y = 0; y < w.rows; y++) {
        const T* tap = in + w.in + c + y * pitch;
        for (int32_t x = 0; x < w.cols; x++, tap += channels) sum = V::add_s(sum, V::load_half(tap));
      }
      finish(sum, out + w.out + c);
    }
  }
  for (; c < channels; c += V::W) {
    const int64_t n = channels - c < V::W ? channels - c : V::W;
    typename V::I sum = V::set_i(0);
    for (int32_t y = 0; y < w.rows; y++) {
      const T* tap = in + w.in + c + y * pitch;
      for (int32_t x = 0; x < w.cols; x++, tap += channels) {
        sum = V::add_i(sum, n == V::W ? V::load_wide(tap) : V::load_wide_n(tap, n));
      }
    }
    const typename V::I value = V::min_i(V::max_i(pool_average<V>(sum, taps), low), high);
    if (n == V::W) {
      V::store_narrow(out + w.out + c, value);
    } else {
      V::store_narrow_n(out + w.out + c, value, n);
    }
  }
}

// Windows of more than 2^16 taps: floats are too short for the division.
template <class T>
static inline void pool_average_8_large(const PoolParams& p, const T* in, T* out, const PoolWindow& w) {
  const int64_t pitch = static_cast<int64_t>(p.in_w) * p.channels;
  for (int32_t c = 0; c < p.channels; c++) {
    int32_t sum = 0;
    for (int32_t y = 0; y < w.rows; y++) {
      for (int32_t x = 0; x < w.cols; x++) sum += in[w.in + y * pitch + static_cast<int64_t>(x) * p.channels + c];
    }
    const int32_t taps = w.rows * w.cols;
    int32_t value = (sum > 0 ? sum + taps / 2 : sum - taps / 2) / taps;
    value = value < p.out_min ? p.out_min : value;
    out[w.out + c] = static_cast<T>(value > p.out_max ? p.out_max : value);
  }
}

template <class V>
static inline void pool_s8(const Call* call) {
  const PoolParams& p = *static_cast<const PoolParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[POOL_IN]);
  int8_t* out = static_cast<int8_t*>(call->slots[POOL_OUT]);
  pool_walk(p, call->workers, [&](const PoolWindow& w) {
    if (p.kind == POOL_MAX) {
      pool_max_8<V>(p, in, out, w);
    } else if (static_cast<int64_t>(w.rows) * w.cols <= 65536) {
      pool_average_8<V>(p, in, out, w);
    } else {
      pool_average_8_large(p, in, out, w);
    }
  });
}

template <class V>
static inline void pool_u8(const Call* call) {
  const PoolParams& p = *static_cast<const PoolParams*>(call->params);
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[POOL_IN]);
  uint8_t* out = static_cast<uint8_t*>(call->slots[POOL_OUT]);
  pool_walk(p, call->workers, [&](const PoolWindow& w) {
    if (p.kind == POOL_MAX) {
      pool_max_8<V>(p, in, out, w);
    } else if (static_cast<int64_t>(w.rows) * w.cols <= 65536) {
      pool_average_8<V>(p, in, out, w);
    } else {
      pool_average_8_large(p, in, out, w);
    }
  });
}

template <class V, bool maximum>
static inline void pool_window_f32(const PoolParams& p, const float* in, float* out, const PoolWindow& w) {
  const int64_t pitch = static_cast<int64_t>(p.in_w) * p.channels, channels = p.channels;
  const typename V::F low = V::set(p.act_min), high = V::set(p.act_max);
  const typename V::F inverse = V::set(1.0f / static_cast<float>(w.rows * w.cols));
  const typename V::F start = V::set(maximum ? -__builtin_inff() : 0.0f);
  const auto join = [](typename V::F sum, typename V::F x)
                        __attribute__((always_inline)) { return maximum ? V::max(x, sum) : V::add(sum, x); };
  const auto finish = [&](typename V::F sum) __attribute__((always_inline)) {
    return V::min(high, V::max(low, maximum ? sum : V::mul(sum, inverse)));
  };
  int64_t c = 0;
  // Four vectors for each step from tap to tap, whose counting would take as long as two of them.
  const auto chunk = [&](auto vectors) __attribute__((always_inline)) {
    constexpr int N = decltype(vectors)::value;
    typename V::F sum[N];
#pragma GCC unroll 4
    for (int i = 0; i < N; i++) sum[i] = start;
    for (int32_t y = 0; y < w.rows; y++) {
      const float* tap = in + w.in + c + y * pitch;
      for (int32_t x = 0; x < w.cols; x++, tap += channels) {
#pragma GCC unroll 4
        for (int i = 0; i < N; i++) sum[i] = join(sum[i], V::load(tap + i * V::W));
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < N; i++) V::store(out + w.out + c + i * V::W, finish(sum[i]));
    c += N * V::W;
  };
  while (c + 4 * V::W <= channels) chunk(Constant<4>());
  while (c + V::W <= channels) chunk(Constant<1>());
  for (; c < channels; c += V::W) {
    const int64_t n = channels - c < V::W ? channels - c : V::W;
    typename V::F sum = start;
    for (int32_t y = 0; y < w.rows; y++) {
      const float* tap = in + w.in + c + y * pitch;
      for (int32_t x = 0; x < w.cols; x++, tap += channels) sum = join(sum, V::load_n(tap, n));
    }
    V::store_n(out + w.out + c, finish(sum), n);
  }
}

template <class V>
static inline void pool_f32(const Call* call) {
  const PoolParams& p = *static_cast<const PoolParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[POOL_IN]);
  float* out = static_cast<float*>(call->slots[POOL_OUT]);
  pool_walk(p, call->workers, [&](const PoolWindow& w) {
    if (p.kind == POOL_MAX) {
      pool_window_f32<V, true>(p, in, out, w);
    } else {
      pool_window_f32<V, false>(p, in, out, w);
    }
  });
}

}  // namespace sinter

#endif  // SINTER_KERNELS_POOL_VECTOR_H_
