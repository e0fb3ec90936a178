// cast: a loop per pair of types.
// SPDX-License-Identifier: Apache-2.0
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
      const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
      for (int64_t i = index * part; i < end; i++) out[i] = f(in[i]);
    });
  }
};

}  // namespace

void cast_u8_reference(const Call* call) {
  visit_cast(*static_cast<const CastParams*>(call->params), Each{call});
}

}  // namespace sinter
