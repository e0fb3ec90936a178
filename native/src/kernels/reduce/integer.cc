// reduce where XNNPACK has no kernels: int16, 32 and 64 bits, products of quantized numbers. Loops over channels or
// over runs, whichever is innermost, that the compiler vectorizes. SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include <math.h>

#include "core/workers.h"
#include "kernels/reduce/integer.h"
#include "kernels/reduce/op.h"
#include "kernels/reduce/scaling.h"
#include "kernels/reduce/shape.h"

namespace sinter {
namespace {

// One after the other.
template <class Next>
struct InOrder {
  Next next;
  template <class Sum, class A>
  Sum operator()(Sum sum, const A* run, int64_t n) const {
    for (int64_t i = 0; i < n; i++) sum = next(sum, run[i]);
    return sum;
  }
};

// Sums of 64 bits of numbers of 32 by their halves, which vectors of 32 bits hold for a while: widening each would take
// longer than adding it.
struct ByHalves {
  template <class A>
  int64_t operator()(int64_t sum, const A* run, int64_t n) const {
    constexpr int64_t most = 32768;
    for (int64_t i = 0; i < n;) {
      const int64_t end = n - i < most ? n : i + most;
      int32_t high = 0, low = 0;
      for (; i < end; i++) {
        high += run[i] >> 16;
        low += run[i] & 0xffff;
      }
      sum += int64_t{high} * 65536 + low;
    }
    return sum;
  }
};

// out = finish(next(... next(first(x0), x1) ..., xn)), the x of one output in the order of memory; `empty` where there
// are none. run(sum, x, n) is n times next where they are neighbours.
template <class T, class Sum, class First, class Next, class Run, class Finish>
void fold(const Call* call, Sum empty, const First& first, const Next& next, const Run& run, const Finish& finish) {
  typedef T A __attribute__((aligned(1), may_alias));
  const A* in = static_cast<const A*>(call->slots[REDUCE_IN]);
  A* out = static_cast<A*>(call->slots[REDUCE_OUT]);
  const ReduceShape s = reduce_shape(*static_cast<const ReduceParams*>(call->params));
  constexpr int64_t lanes = 64;
  const int64_t channels = s.kept[3], chunks = (channels + lanes - 1) / lanes;
  const int64_t blocks = s.kept[0] * s.kept[1] * s.kept[2] * chunks;
  if (blocks == 0) return;
  // n <= lanes neighbours, from in[from] on.
  const auto block = [&](int64_t from, int64_t n, A* to) {
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
          sums[0] = run(sums[0], row + r, s.reduced[2] - r);
          continue;
        }
        for (; r < s.reduced[2]; r++) {
          const A* at = row + r * s.reduced_stride[2];
          for (int64_t i = 0; i < n; i++) sums[i] = next(sums[i], at[i]);
        }
      }
    }
    for (int64_t i = 0; i < n; i++) to[i] = finish(sums[i]);
  };
  const int64_t group =
      fair_rows(blocks, 4096 / (s.count * (channels < lanes ? channels : lanes) + 1) + 1, 1, call->workers->threads);
  parallel_for(call->workers, (blocks + group - 1) / group, [&](int64_t task, int) {
    // Counted on like the digits of a number: divisions for each block would take longer than a short one.
    const int64_t begin = task * group, end = begin + group < blocks ? begin + group : blocks;
    int64_t c = begin % chunks * lanes, rest = begin / chunks, from = 0, at[3];
    A* to = out + rest * channels;
    for (int k = 2; k >= 0; k--) {
      at[k] = rest % s.kept[k];
      from += at[k] * s.kept_stride[k];
      rest /= s.kept[k];
    }
    for (int64_t i = begin; i < end; i++) {
      block(from + c, channels - c < lanes ? channels - c : lanes, to + c);
      c += lanes;
      if (c < channels) continue;
      c = 0;
      to += channels;
      for (int k = 2; k >= 0; k--) {
        from += s.kept_stride[k];
        if (++at[k] < s.kept[k]) break;
        from -= at[k] * s.kept_stride[k];
        at[k] = 0;
      }
    }
  });
}

template <class T, class Sum, class Finish>
void add_up(const Call* call, const Finish& finish) {
  const auto next = [](Sum sum, T x) { return static_cast<Sum>(sum + static_cast<Sum>(x)); };
  fold<T, Sum>(call, 0, [](T x) { return static_cast<Sum>(x); }, next, InOrder<decltype(next)>{next}, finish);
}

template <class T>
void product(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const int64_t count = reduce_shape(p).count;
  if (count == 1) {
    const auto copied = [](T sum, T) { return sum; };
    return fold<T, T>(
        call, T{0}, [](T x) { return x; }, copied, InOrder<decltype(copied)>{copied}, [](T sum) { return sum; });
  }
  const Product<T> f = Product<T>::of(p, count);
  const auto next = [=](int32_t sum, T x) { return f.next(sum, x); };
  fold<T, int32_t>(
      call, 0, [=](T x) { return f.first(x); }, next, InOrder<decltype(next)>{next},
      [=](int32_t sum) { return f.finish(sum); });
}

}  // namespace

void reduce_s16s16_reference(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const int64_t count = reduce_shape(p).count;
  if (p.kind == REDUCE_PRODUCT) return product<int16_t>(call);
  if (p.kind == REDUCE_SUM) return add_up<int16_t, uint32_t>(call, Sum16::of(p));
  if (count > 0) add_up<int16_t, uint32_t>(call, Mean16::of(p, count));
}

void reduce_product_s8(const Call* call) {
  product<int8_t>(call);
}

void reduce_s32s32_reference(const Call* call) {
  const int64_t count = reduce_shape(*static_cast<const ReduceParams*>(call->params)).count;
  if (count == 0) return;
  const auto next = [](int64_t sum, int32_t x) { return sum + x; };
  fold<int32_t, int64_t>(call, int64_t{0}, [](int32_t x) { return int64_t{x}; }, next, ByHalves(), Mean32{count});
}

void reduce_s64s64_reference(const Call* call) {
  const int64_t count = reduce_shape(*static_cast<const ReduceParams*>(call->params)).count;
  if (count == 0) return;
  add_up<int64_t, uint64_t>(call, Mean64{count});
}

}  // namespace sinter
