// fold: one result after the other; results are shared among the threads.
// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "kernels/fold/loops.h"

namespace sinter {
namespace {

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
