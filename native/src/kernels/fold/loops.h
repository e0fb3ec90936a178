// fold result by result, for dimensions in any order. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_FOLD_LOOPS_H_
#define SINTER_KERNELS_FOLD_LOOPS_H_

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

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_FOLD_LOOPS_H_
