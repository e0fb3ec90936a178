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
void product(const Call* call) {
  const ReduceParams& p = *static_cast<const ReduceParams*>(call->params);
  const int64_t count = reduce_shape(p).count;
  if (count == 1) {
    return fold<T, T>(call, T{0}, [](T x) { return x; }, [](T sum, T) { return sum; }, [](T sum) { return sum; });
  }
  const Product<T> f = Product<T>::of(p, count);
  fold<T, int32_t>(
      call, 0, [=](T x) { return f.first(x); }, [=](int32_t sum, T x) { return f.next(sum, x); },
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
  add_up<int32_t, int64_t>(call, Mean32{count});
}

void reduce_s64s64_reference(const Call* call) {
  const int64_t count = reduce_shape(*static_cast<const ReduceParams*>(call->params)).count;
  if (count == 0) return;
  add_up<int64_t, uint64_t>(call, Mean64{count});
}

}  // namespace sinter
