// fold: one result after the other; results are shared among the threads.
// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "core/workers.h"
#include "kernels/fold/op.h"

namespace sinter {
namespace {

// Calls f(element, position) for every folded element of one result.
template <class T, class F>
void over(const FoldParams& p, const T* in, const F& f) {
  int32_t at = 0;
  for (int32_t i = 0; i < p.folded0; i++) {
    for (int32_t j = 0; j < p.folded1; j++) {
      for (int32_t k = 0; k < p.folded2; k++) {
        const T* row =
            in + int64_t{i} * p.folded_stride0 + int64_t{j} * p.folded_stride1 + int64_t{k} * p.folded_stride2;
        for (int32_t l = 0; l < p.folded3; l++) f(row[int64_t{l} * p.folded_stride3], at++);
      }
    }
  }
}

template <class In, class Out, class F>
void each(const Call* call, const F& f) {
  typedef In A __attribute__((aligned(1), may_alias));
  typedef Out B __attribute__((aligned(1), may_alias));
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  const A* in = static_cast<const A*>(call->slots[FOLD_IN]);
  B* out = static_cast<B*>(call->slots[FOLD_OUT]);
  const int64_t count = int64_t{p.kept0} * p.kept1 * p.kept2 * p.kept3;
  const int64_t folded = int64_t{p.folded0} * p.folded1 * p.folded2 * p.folded3;
  const int64_t group = 16384 / (folded + 1) + 1;
  parallel_for(call->workers, (count + group - 1) / group, [&](int64_t task, int) {
    for (int64_t i = task * group; i < (task + 1) * group && i < count; i++) {
      int64_t rest = i, from = 0;
      for (int k = FOLD_RANK - 1; k >= 0; k--) {
        from += rest % (&p.kept0)[k] * (&p.kept_stride0)[k];
        rest /= (&p.kept0)[k];
      }
      out[i] = f(in + from);
    }
  });
}

template <class T>
void largest(const Call* call) {
  typedef T A __attribute__((aligned(1), may_alias));
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  if (p.function == FOLD_MAX) {
    each<T, T>(call, [&](const A* in) {
      T value = std::numeric_limits<T>::lowest();
      over(p, in, [&](T x, int32_t) { value = x > value ? x : value; });
      return value;
    });
  } else {
    each<T, T>(call, [&](const A* in) {
      T value = std::numeric_limits<T>::max();
      over(p, in, [&](T x, int32_t) { value = x < value ? x : value; });
      return value;
    });
  }
}

// Sum: of the wide type W, which wraps around or does not round.
template <class T, class W>
void numbers(const Call* call) {
  typedef T A __attribute__((aligned(1), may_alias));
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  if (p.function == FOLD_SUM) {
    each<T, T>(call, [&](const A* in) {
      W value = 0;
      over(p, in, [&](T x, int32_t) { value += static_cast<W>(x); });
      return static_cast<T>(value);
    });
  } else if (p.function == FOLD_PRODUCT) {
    each<T, T>(call, [&](const A* in) {
      W value = 1;
      over(p, in, [&](T x, int32_t) { value *= static_cast<W>(x); });
      return static_cast<T>(value);
    });
  } else {
    largest<T>(call);
  }
}

// The first of equal ones.
template <class T>
void where(const Call* call) {
  typedef T A __attribute__((aligned(1), may_alias));
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  const bool most = p.function == FOLD_ARG_MAX;
  each<T, int32_t>(call, [&](const A* in) {
    T best = *in;
    int32_t position = 0;
    over(p, in, [&](T x, int32_t at) {
      if (most ? x > best : x < best) {
        best = x;
        position = at;
      }
    });
    return position;
  });
}

}  // namespace

void fold_f32_reference(const Call* call) {
  numbers<float, double>(call);
}
void fold_s32_reference(const Call* call) {
  const int32_t f = static_cast<const FoldParams*>(call->params)->function;
  f == FOLD_ARG_MAX || f == FOLD_ARG_MIN ? where<int32_t>(call) : numbers<int32_t, uint64_t>(call);
}
void fold_s64_reference(const Call* call) {
  numbers<int64_t, uint64_t>(call);
}
void fold_s8_reference(const Call* call) {
  largest<int8_t>(call);
}
void fold_u8_reference(const Call* call) {
  largest<uint8_t>(call);
}
void fold_s16_reference(const Call* call) {
  largest<int16_t>(call);
}
void fold_bool_reference(const Call* call) {
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  const bool any = p.function == FOLD_ANY;
  each<uint8_t, uint8_t>(call, [&](const uint8_t* in) {
    bool value = !any;
    over(p, in, [&](uint8_t x, int32_t) { value = any ? value || x : value && x; });
    return static_cast<uint8_t>(value);
  });
}
void fold_f32s32_reference(const Call* call) {
  where<float>(call);
}
void fold_s8s32_reference(const Call* call) {
  where<int8_t>(call);
}
void fold_u8s32_reference(const Call* call) {
  where<uint8_t>(call);
}

}  // namespace sinter
