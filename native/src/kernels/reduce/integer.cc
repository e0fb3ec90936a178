// reduce where XNNPACK has no kernels: int16, 32 and 64 bits, products of quantized numbers. Loops over channels or
// over runs, whichever is innermost, that the compiler vectorizes. SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include <math.h>

#include "core/workers.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/reduce/op.h"
#include "kernels/reduce/scaling.h"
#include "kernels/reduce/shape.h"

namespace sinter {
namespace {

// out = finish(next(... next(first(x0), x1) ..., xn)), the x of one output in the order of memory; `empty` where there
// are none.
template <class T, class Sum, class First, class Next, class Finish>
void fold(const Call* call, Sum empty, const First& first, const Next& next, const Finish& finish) {
  typedef T A __attribute__((aligned(1), may_alias));
  const A* in = static_cast<const A*>(call->slots[REDUCE_IN]);
  A* out = static_cast<A*>(call->slots[REDUCE_OUT]);
  const ReduceShape s = reduce_shape(*static_cast<const ReduceParams*>(call->params));
  constexpr int64_t lanes = 64;
  const int64_t channels = s.kept[3], chunks = (channels + lanes - 1) / lanes;
  const int64_t outer = s.kept[0] * s.kept[1] * s.kept[2];
  if (outer == 0 || channels == 0) return;
  parallel_for(call->workers, outer * chunks, [&](int64_t task, int) {
    const int64_t c = task % chunks * lanes, n = channels - c < lanes ? channels - c : lanes;
    int64_t rest = task / chunks, from = c;
    for (int k = 2; k >= 0; k--) {
      from += rest % s.kept[k] * s.kept_stride[k];
      rest /= s.kept[k];
    }
    Sum sums[lanes];
    for (int64_t i = 0; i < n; i++) sums[i] = empty;
    bool begun = false;
    for (int64_t r0 = 0; r0 < s.reduced[0]; r0++) {
      for (int64_t r1 = 0; r1 < s.reduced[1]; r1++) {
        const A* row = in + from + r0 * s.reduced_stride[0] + r1 * s.reduced_stride[1];
        int64_t r = 0;
        if (!begun && s.reduced[2] > 0) {
          for (int64_t i = 0; i < n; i++) sums[i] = first(row[i]);
          begun = true;
          r = 1;
        }
        if (channels == 1 && s.reduced_stride[2] == 1) {
          Sum sum = sums[0];
          for (; r < s.reduced[2]; r++) sum = next(sum, row[r]);
          sums[0] = sum;
          continue;
        }
        for (; r < s.reduced[2]; r++) {
          const A* at = row + r * s.reduced_stride[2];
          for (int64_t i = 0; i < n; i++) sums[i] = next(sums[i], at[i]);
        }
      }
    }
    A* to = out + task / chunks * channels + c;
    for (int64_t i = 0; i < n; i++) to[i] = finish(sums[i]);
  });
}

template <class T, class Sum, class Finish>
void add_up(const Call* call, const Finish& finish) {
  fold<T, Sum>(
      call, 0, [](T x) { return static_cast<Sum>(x); },
      [](Sum sum, T x) { return static_cast<Sum>(sum + static_cast<Sum>(x)); }, finish);
}

template <class T>
T bounded(int64_t x) {
  const int64_t low = -(int64_t{1} << (8 * sizeof(T) - 1)), high = -low - 1;
  return static_cast<T>(x < low ? low : x > high ? high : x);
}

// tfl.mean: the factor of the scales divided by the count, in integers.
void mean_s16(const Call* call, const ReduceParams& p, int64_t count) {
  FixedFactor f = fixed_factor(static_cast<double>(p.in_scale) / static_cast<double>(p.out_scale));
  int32_t bits = 63 - __builtin_clzll(static_cast<uint64_t>(count));
  bits = bits > 32 ? 32 : bits;
  bits = bits > 31 + f.shift ? 31 + f.shift : bits;
  f.mantissa = static_cast<int32_t>((int64_t{f.mantissa} << bits) / count);
  f.shift -= bits;
  const int32_t left = f.shift > 0 ? f.shift : 0;
  const FixedFactor right = {f.mantissa, f.shift - left};
  add_up<int16_t, uint32_t>(
      call, [=](uint32_t sum) { return bounded<int16_t>(fixed_multiply(static_cast<int32_t>(sum << left), right)); });
}

// tfl.sum16: in floats.
void sum_s16(const Call* call, const ReduceParams& p) {
  const float scale = p.in_scale / p.out_scale;
  add_up<int16_t, uint32_t>(call, [=](uint32_t sum) {
    const float value = roundf(static_cast<float>(static_cast<int32_t>(sum)) * scale);
    return static_cast<int16_t>(value < -32768.0f ? -32768.0f : value > 32767.0f ? 32767.0f : value);
  });
}

// tfl.prod: each step is rescaled with a mantissa of 16 bits, halves up; a single factor is copied as it is stored.
template <class T>
void product(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const int64_t count = reduce_shape(p).count;
  if (count == 1) {
    return fold<T, T>(call, T{0}, [](T x) { return x; }, [](T sum, T) { return sum; }, [](T sum) { return sum; });
  }
  const FixedFactor f = fixed_factor(count > 0 ? product_scale(p, count) : 1.0);
  const int64_t mantissa = f.mantissa < 0x7fff0000 ? (f.mantissa + (1 << 15)) >> 16 : 0x7fff;
  const int32_t right = 15 - f.shift, zero = p.in_zero_point, out_zero = p.out_zero_point;
  const auto scaled = [=](int64_t x) {
    const uint64_t wide = static_cast<uint64_t>(x) * static_cast<uint64_t>(mantissa) + (uint64_t{1} << (right - 1));
    return static_cast<int32_t>(static_cast<int64_t>(wide) >> right);
  };
  fold<T, int32_t>(
      call, 0, [=](T x) { return static_cast<int32_t>(x) - zero; },
      [=](int32_t sum, T x) { return scaled(int64_t{sum} * (static_cast<int32_t>(x) - zero)); },
      [=](int32_t sum) { return bounded<T>(int64_t{scaled(sum)} + out_zero); });
}

}  // namespace

void reduce_s16s16_reference(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const int64_t count = reduce_shape(p).count;
  if (p.kind == REDUCE_PRODUCT) return product<int16_t>(call);
  if (p.kind == REDUCE_SUM) return sum_s16(call, p);
  if (count > 0) mean_s16(call, p, count);
}

void reduce_product_s8(const Call* call) {
  product<int8_t>(call);
}

void reduce_s32s32_reference(const Call* call) {
  const int64_t count = reduce_shape(*static_cast<const ReduceParams*>(call->params)).count;
  if (count == 0) return;
  add_up<int32_t, int64_t>(call, [=](int64_t sum) { return static_cast<int32_t>(sum / count); });
}

void reduce_s64s64_reference(const Call* call) {
  const int64_t count = reduce_shape(*static_cast<const ReduceParams*>(call->params)).count;
  if (count == 0) return;
  add_up<int64_t, uint64_t>(call, [=](uint64_t sum) { return static_cast<int64_t>(sum) / count; });
}

}  // namespace sinter
