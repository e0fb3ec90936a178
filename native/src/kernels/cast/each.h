// cast: a loop per pair of types. Internal linkage: ISA files include it and let the compiler make vectors of the
// loops. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CAST_EACH_H_
#define SINTER_KERNELS_CAST_EACH_H_

#include "core/workers.h"
#include "kernels/cast/convert.h"
#include "kernels/cast/op.h"

namespace sinter {
namespace {

struct Each {
  const Call* call;
  template <class F>
  void operator()(const F& f) const {
    typedef typename F::In A __attribute__((aligned(1), may_alias));
    typedef typename F::Out B __attribute__((aligned(1), may_alias));
    const int64_t count = static_cast<const CastParams*>(call->params)->count;
    const A* in = static_cast<const A*>(call->slots[CAST_IN]);
    B* out = static_cast<B*>(call->slots[CAST_OUT]);
    const int64_t part = fair_rows(count, 16384, 64, call->workers->threads), parts = (count + part - 1) / part;
    parallel_for(call->workers, parts, [&](int64_t index, int) {
      const int64_t first = index * part, n = count - first < part ? count - first : part;
      // Own copies: what is written could be what the closure holds.
      const A* __restrict from = in + first;
      B* __restrict to = out + first;
      const F convert = f;
      for (int64_t i = 0; i < n; i++) to[i] = convert(from[i]);
    });
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CAST_EACH_H_
