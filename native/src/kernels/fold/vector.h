// fold in vectors, written once in the compiler's vector types; FOLD_BYTES, a vector's width, is the including file's.
// SPDX-License-Identifier: Apache-2.0
//
// Two forms. Columns: neighbours are results, a lane each, and rows are folded. Runs: neighbours are folded, lane by
// lane and the lanes at the end. Results are the reference's: sums of integers wrap around in any order, those of
// floats are kept in doubles, largest, smallest and positions do not depend on an order.
#ifndef SINTER_KERNELS_FOLD_VECTOR_H_
#define SINTER_KERNELS_FOLD_VECTOR_H_

#include <limits>
#include <type_traits>

#include "core/workers.h"
#include "kernels/fold/op.h"
#include "kernels/fold/products.h"
#include "kernels/fold/shape.h"
#include "kernels/simd/lanes.h"

namespace sinter {

// The plain rows (portable.cc), which take the dimensions in any order.
typedef void (*Row)(const Call* call);
void fold_f32_reference(const Call* call);
void fold_s32_reference(const Call* call);
void fold_s8_reference(const Call* call);
void fold_u8_reference(const Call* call);
void fold_s16_reference(const Call* call);
void fold_bool_reference(const Call* call);
void fold_f32s32_reference(const Call* call);

namespace {

// How two values become one, x being a number or a vector of them; A is what is kept while folding. `again`: a value
// may be taken twice.
template <class Kept>
struct KeptIsResult {
  typedef Kept A;
  template <class X>
  static X result(X kept) {
    return kept;
  }
};
template <class T>
struct Largest : KeptIsResult<T> {
  static constexpr T start = std::numeric_limits<T>::lowest();
  static constexpr bool again = true;
  template <class X>
  static X of(X kept, X x) {
    return x > kept ? x : kept;
  }
};
template <class T>
struct Smallest : KeptIsResult<T> {
  static constexpr T start = std::numeric_limits<T>::max();
  static constexpr bool again = true;
  template <class X>
  static X of(X kept, X x) {
    return x < kept ? x : kept;
  }
};
// Of type A: whole numbers without a sign wrap around, doubles are for sums of floats.
template <class T>
struct Sum : KeptIsResult<T> {
  static constexpr T start = 0;
  static constexpr bool again = false;
  template <class X>
  static X of(X kept, X x) {
    return kept + x;
  }
};
struct Product : KeptIsResult<uint32_t> {
  static constexpr uint32_t start = 1;
  static constexpr bool again = false;
  template <class X>
  static X of(X kept, X x) {
    return kept * x;
  }
};
// Bytes that are not 0 are true.
template <class X>
inline X at_most_1(X x) {
  const X one = static_cast<X>(x - x + 1);
  return x < one ? x : one;
}
struct Any {
  typedef uint8_t A;
  static constexpr uint8_t start = 0;
  static constexpr bool again = true;
  template <class X>
  static X of(X kept, X x) {
    return kept | x;
  }
  template <class X>
  static X result(X kept) {
    return at_most_1(kept);
  }
};
struct All {
  typedef uint8_t A;
  static constexpr uint8_t start = 1;
  static constexpr bool again = true;
  template <class X>
  static X of(X kept, X x) {
    return x == 0 ? x : kept;
  }
  template <class X>
  static X result(X kept) {
    return at_most_1(kept);
  }
};

// Results of `vectors` neighbouring vectors of `bytes`, loaded as In (of the size of F::A unless that is wider).
template <class F, class In, int vectors, int bytes>
void column_block(const FoldShape& s, const In* in, In* out) {
  typedef Lanes<typename F::A, bytes> L;
  typename L::Vector kept[vectors];
#pragma GCC unroll 4
  for (auto& each : kept) each = L::all(F::start);
  s.rows([&](int64_t offset) {
    const In* row = in + offset;
    for (int64_t l = 0; l < s.folded[3]; l++, row += s.folded_stride[3]) {
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) kept[v] = F::of(kept[v], L::load(row + v * L::count));
    }
  });
#pragma GCC unroll 4
  for (int v = 0; v < vectors; v++) L::store(out + v * L::count, F::result(kept[v]));
}

template <class F, class In, int bytes>
void column_rest(const FoldShape& s, const In* in, In* out, int64_t n) {
  constexpr int64_t count = Lanes<typename F::A, bytes>::count;
  for (; n >= count; n -= count, in += count, out += count) column_block<F, In, 1, bytes>(s, in, out);
  if constexpr (bytes > 16) {
    column_rest<F, In, bytes / 2>(s, in, out, n);
  } else {
    for (; n > 0; n--, in++, out++) {
      typename F::A kept = F::start;
      s.rows([&](int64_t offset) {
        for (int64_t l = 0; l < s.folded[3]; l++) {
          kept = F::of(kept, static_cast<typename F::A>(in[offset + l * s.folded_stride[3]]));
        }
      });
      *out = static_cast<In>(F::result(kept));
    }
  }
}

template <class F, class In>
void columns(const Call* call, const FoldShape& s) {
  const In* in = static_cast<const In*>(call->slots[FOLD_IN]);
  In* out = static_cast<In*>(call->slots[FOLD_OUT]);
  constexpr int64_t wide = 4 * Lanes<typename F::A, FOLD_BYTES>::count;
  const int64_t last = s.kept[3], chunks = (last + wide - 1) / wide, blocks = s.results / last * chunks;
  const int64_t group =
      fair_rows(blocks, 16384 / (s.values * (last < wide ? last : wide) + 1) + 1, 1, call->workers->threads);
  parallel_for(call->workers, (blocks + group - 1) / group, [&](int64_t task, int) {
    for (int64_t i = task * group; i < (task + 1) * group && i < blocks; i++) {
      const int64_t c = i % chunks * wide, n = last - c < wide ? last - c : wide;
      const In* from = in + s.begin(i, chunks, wide);
      In* to = out + i / chunks * last + c;
      if (n == wide) {
        column_block<F, In, 4, FOLD_BYTES>(s, from, to);
      } else {
        column_rest<F, In, FOLD_BYTES>(s, from, to, n);
      }
    }
  });
}

// Calls result(first element, result's place) for all results, shared among threads.
template <class Result>
void each_run(const Call* call, const FoldShape& s, const Result& result) {
  const int64_t count = s.results;
  const int64_t group = fair_rows(count, 16384 / (s.values + 1) + 1, 1, call->workers->threads);
  parallel_for(call->workers, (count + group - 1) / group, [&](int64_t task, int) {
    int64_t at[FOLD_RANK], rest = task * group, from = s.begin(rest, s.kept[3], 1);
    for (int k = FOLD_RANK - 1; k >= 0; k--) {
      at[k] = rest % s.kept[k];
      rest /= s.kept[k];
    }
    for (int64_t i = task * group; i < (task + 1) * group && i < count; i++, s.next(at, &from)) result(from, i);
  });
}

// All lanes as one: with the lanes of 16 bytes `step` apart, of which halves are left.
template <class F, class A, int step = 8 / static_cast<int>(sizeof(A))>
A across_16(typename Lanes<A, 16>::Vector x) {
  if constexpr (step == 0) {
    return x[0];
  } else {
    typedef typename Place<A>::type P;
    typename Lanes<P, 16>::Vector others;
    constexpr int count = 16 / static_cast<int>(sizeof(A));
    for (int i = 0; i < count; i++) others[i] = static_cast<P>((i + step) % count);
    return across_16<F, A, step / 2>(F::of(x, __builtin_shuffle(x, others)));
  }
}
template <class F, class A, int bytes>
A across(typename Lanes<A, bytes>::Vector x) {
  return across_16<F, A>(halved<F, A, bytes>(x));
}

// n values side by side, in lanes that are still to be folded; in vectors of `bytes`.
template <class F, class In, int bytes>
inline typename Lanes<typename F::A, 16>::Vector run_of(const In* in, int64_t n) {
  typedef Lanes<typename F::A, bytes> L;
  typename L::Vector kept0 = L::all(F::start);
  int64_t i = 0;
  if (n >= 4 * L::count) {
    typename L::Vector kept1 = kept0, kept2 = kept0, kept3 = kept0;
    for (; i + 4 * L::count <= n; i += 4 * L::count) {
      kept0 = F::of(kept0, L::load(in + i));
      kept1 = F::of(kept1, L::load(in + i + L::count));
      kept2 = F::of(kept2, L::load(in + i + 2 * L::count));
      kept3 = F::of(kept3, L::load(in + i + 3 * L::count));
    }
    kept0 = F::of(F::of(kept0, kept1), F::of(kept2, kept3));
  }
  for (; i + L::count <= n; i += L::count) kept0 = F::of(kept0, L::load(in + i));
  if (i < n) {
    if (F::again && n >= L::count) {
      kept0 = F::of(kept0, L::load(in + n - L::count));
    } else {
      typename F::A one = F::start;
      for (; i < n; i++) one = F::of(one, static_cast<typename F::A>(in[i]));
      kept0[0] = F::of(kept0[0], one);
    }
  }
  return halved<F, typename F::A, bytes>(kept0);
}

// Results whose values are one run each, at equal distances: as many results at a time as 16 bytes have.
template <class F, class In, int bytes>
void equal_runs(const In* in, In* out, int64_t results, int64_t stride, int64_t n) {
  typedef Lanes<typename F::A, 16> L;
  for (; results > 0; results -= L::count, in += L::count * stride, out += L::count) {
    const int64_t some = results < L::count ? results : L::count;
    typename L::Vector kept[L::count] = {};
    for (int64_t i = 0; i < some; i++) kept[i] = run_of<F, In, bytes>(in + i * stride, n);
    const typename L::Vector y = F::result(joined<F, typename F::A>(kept));
    if (some == L::count) {
      L::store(out, y);
    } else {
      __builtin_memcpy(out, &y, static_cast<size_t>(some) * sizeof(In));
    }
  }
}

// In vectors of `bytes`, or of half of them and so on where a run is shorter.
template <class F, class In, int bytes>
void runs(const Call* call, const FoldShape& s) {
  const int64_t n = s.folded[3];
  if constexpr (bytes > 16) {
    if (n < Lanes<typename F::A, bytes>::count) return runs<F, In, bytes / 2>(call, s);
  }
  const In* in = static_cast<const In*>(call->slots[FOLD_IN]);
  In* out = static_cast<In*>(call->slots[FOLD_OUT]);
  if (s.kept[3] == s.results && s.values == n) {
    const int64_t group = fair_rows(s.results, (16384 / (n + 1) / 16 + 1) * 16, 16, call->workers->threads);
    parallel_for(call->workers, (s.results + group - 1) / group, [&](int64_t task, int) {
      const int64_t i = task * group, some = s.results - i < group ? s.results - i : group;
      equal_runs<F, In, bytes>(in + i * s.kept_stride[3], out + i, some, s.kept_stride[3], n);
    });
    return;
  }
  each_run(call, s, [&](int64_t from, int64_t to) {
    typename F::A one = F::start;
    s.rows([&](int64_t offset) {
      one = F::of(one, across_16<F, typename F::A>(run_of<F, In, bytes>(in + from + offset, n)));
    });
    out[to] = static_cast<In>(F::result(one));
  });
}

// Floats, added up in doubles.
inline void sum_runs(const Call* call, const FoldShape& s) {
  typedef Lanes<double, FOLD_BYTES> L;
  typedef Lanes<float, FOLD_BYTES / 2> Half;
  const float* in = static_cast<const float*>(call->slots[FOLD_IN]);
  float* out = static_cast<float*>(call->slots[FOLD_OUT]);
  each_run(call, s, [&](int64_t from, int64_t to) {
    typename L::Vector kept[4] = {};
    double one = 0;
    const int64_t n = s.folded[3];
    s.rows([&](int64_t offset) {
      const float* run = in + from + offset;
      int64_t i = 0;
      for (; i + 4 * L::count <= n; i += 4 * L::count) {
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) {
          kept[v] += __builtin_convertvector(Half::load(run + i + v * L::count), typename L::Vector);
        }
      }
      for (; i < n; i++) one += run[i];
    });
    kept[0] = (kept[0] + kept[1]) + (kept[2] + kept[3]);
    out[to] = static_cast<float>(one + across<Sum<double>, double, FOLD_BYTES>(kept[0]));
  });
}

// T of 32 bits: positions are lanes of the same width. The first of equal ones.
template <class T, bool most, int bytes>
void position_runs(const Call* call, const FoldShape& s) {
  typedef Lanes<T, bytes> L;
  typedef Lanes<int32_t, bytes> P;
  typedef typename std::conditional<most, Largest<T>, Smallest<T>>::type Best;
  const int64_t n = s.folded[3];
  if constexpr (bytes > 16) {
    if (n < L::count) return position_runs<T, most, bytes / 2>(call, s);
  }
  const T* in = static_cast<const T*>(call->slots[FOLD_IN]);
  int32_t* out = static_cast<int32_t*>(call->slots[FOLD_OUT]);
  typename P::Vector steps;
  for (int32_t i = 0; i < P::count; i++) steps[i] = i;
  each_run(call, s, [&](int64_t from, int64_t to) {
    // A NaN at the first place stays: nothing is more, or less.
    const T first = in[from];
    if (first != first) {
      out[to] = 0;
      return;
    }
    int32_t at = 0;
    if (n < L::count) {
      T best = first;
      int32_t place = 0;
      s.rows([&](int64_t offset) {
        const T* run = in + from + offset;
        for (int64_t i = 0; i < n; i++, at++) {
          if (most ? run[i] > best : run[i] < best) best = run[i], place = at;
        }
      });
      out[to] = place;
      return;
    }
    typename L::Vector best = L::all(first);
    typename P::Vector places = {};
    s.rows([&](int64_t offset) {
      const T* run = in + from + offset;
      const auto take = [&](int64_t i) {
        const typename L::Vector x = L::load(run + i);
        const typename P::Vector here = steps + (at + static_cast<int32_t>(i));
        const auto better = most ? x > best : x < best;
        best = better ? x : best;
        places = better ? here : places;
      };
      int64_t i = 0;
      for (; i + L::count <= n; i += L::count) take(i);
      if (i < n) take(n - L::count);  // some a second time, which are not better than themselves
      at += static_cast<int32_t>(n);
    });
    const T one = across<Best, T, bytes>(best);
    const typename P::Vector nowhere = P::all(std::numeric_limits<int32_t>::max());
    out[to] = across<Smallest<int32_t>, int32_t, bytes>(best == L::all(one) ? places : nowhere);
  });
}

template <class T, bool most, int bytes>
void position_columns(const FoldShape& s, const T* in, int32_t* out, int64_t n) {
  typedef Lanes<T, bytes> L;
  typedef Lanes<int32_t, bytes> P;
  for (; n >= L::count; n -= L::count, in += L::count, out += L::count) {
    typename L::Vector best = L::load(in);
    typename P::Vector places = {};
    int32_t at = 0;
    s.rows([&](int64_t offset) {
      const T* row = in + offset;
      for (int64_t l = 0; l < s.folded[3]; l++, row += s.folded_stride[3], at++) {
        const typename L::Vector x = L::load(row);
        const auto better = most ? x > best : x < best;
        best = better ? x : best;
        places = better ? P::all(at) : places;
      }
    });
    P::store(out, places);
  }
  if constexpr (bytes > 16) {
    position_columns<T, most, bytes / 2>(s, in, out, n);
  } else {
    for (; n > 0; n--, in++, out++) {
      T best = *in;
      int32_t place = 0, at = 0;
      s.rows([&](int64_t offset) {
        for (int64_t l = 0; l < s.folded[3]; l++, at++) {
          const T x = in[offset + l * s.folded_stride[3]];
          if (most ? x > best : x < best) best = x, place = at;
        }
      });
      *out = place;
    }
  }
}

// Positions among floats or whole numbers of 32 bits.
template <class T, bool most>
void position_rows(const Call* call, const FoldShape& s) {
  const T* in = static_cast<const T*>(call->slots[FOLD_IN]);
  int32_t* out = static_cast<int32_t*>(call->slots[FOLD_OUT]);
  const int64_t last = s.kept[3], rows = s.results / last;
  const int64_t group = fair_rows(rows, 16384 / (s.values * last + 1) + 1, 1, call->workers->threads);
  parallel_for(call->workers, (rows + group - 1) / group, [&](int64_t task, int) {
    for (int64_t i = task * group; i < (task + 1) * group && i < rows; i++) {
      position_columns<T, most, FOLD_BYTES>(s, in + s.begin(i, 1, 0), out + i * last, last);
    }
  });
}
template <class T>
void positions_32(const Call* call, Row other) {
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  const FoldShape s(p);
  const bool most = p.function == FOLD_ARG_MAX;
  if (s.results > 0 && s.folded_stride[3] == 1) {
    most ? position_runs<T, true, FOLD_BYTES>(call, s) : position_runs<T, false, FOLD_BYTES>(call, s);
  } else if (s.results > 0 && s.kept_stride[3] == 1) {
    most ? position_rows<T, true>(call, s) : position_rows<T, false>(call, s);
  } else {
    other(call);
  }
}

template <class F, class In>
void fold_by(const Call* call, Row other) {
  const FoldShape s(*static_cast<const FoldParams*>(call->params));
  if (s.results > 0 && s.values > 0 && s.kept_stride[3] == 1) {
    columns<F, In>(call, s);
  } else if (s.results > 0 && s.values > 0 && s.folded_stride[3] == 1) {
    runs<F, In, FOLD_BYTES>(call, s);
  } else {
    other(call);
  }
}

inline void fold_f32(const Call* call) {
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  if (p.function == FOLD_MAX) return fold_by<Largest<float>, float>(call, fold_f32_reference);
  if (p.function == FOLD_MIN) return fold_by<Smallest<float>, float>(call, fold_f32_reference);
  const FoldShape s(p);
  if (p.function == FOLD_SUM && s.folded_stride[3] == 1) return sum_runs(call, s);
  if (p.function == FOLD_PRODUCT) return product_f32(call, s);
  fold_f32_reference(call);
}

inline void fold_s32(const Call* call) {
  switch (static_cast<const FoldParams*>(call->params)->function) {
    case FOLD_SUM:
      return fold_by<Sum<uint32_t>, int32_t>(call, fold_s32_reference);
    case FOLD_PRODUCT:
      return fold_by<Product, int32_t>(call, fold_s32_reference);
    case FOLD_MAX:
      return fold_by<Largest<int32_t>, int32_t>(call, fold_s32_reference);
    case FOLD_MIN:
      return fold_by<Smallest<int32_t>, int32_t>(call, fold_s32_reference);
    default:
      return positions_32<int32_t>(call, fold_s32_reference);
  }
}

inline void fold_f32s32(const Call* call) {
  positions_32<float>(call, fold_f32s32_reference);
}

// max and min of bytes and 16-bit numbers.
template <class T>
void fold_small(const Call* call, Row other) {
  const bool most = static_cast<const FoldParams*>(call->params)->function == FOLD_MAX;
  most ? fold_by<Largest<T>, T>(call, other) : fold_by<Smallest<T>, T>(call, other);
}
inline void fold_s8(const Call* call) {
  fold_small<int8_t>(call, fold_s8_reference);
}
inline void fold_u8(const Call* call) {
  fold_small<uint8_t>(call, fold_u8_reference);
}
inline void fold_s16(const Call* call) {
  fold_small<int16_t>(call, fold_s16_reference);
}

inline void fold_bool(const Call* call) {
  const bool any = static_cast<const FoldParams*>(call->params)->function == FOLD_ANY;
  any ? fold_by<Any, uint8_t>(call, fold_bool_reference) : fold_by<All, uint8_t>(call, fold_bool_reference);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_FOLD_VECTOR_H_
