// cast on the GPU, by the conversions of the reference row.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/cast/convert.h"
#include "kernels/cast/op.h"

namespace sinter {
namespace {

struct Map {
  const Call* call;
  template <class F>
  void operator()(const F& f) const {
    map(call, slot_of<const typename F::In>(call, CAST_IN), slot_of<typename F::Out>(call, CAST_OUT),
        params_of<CastParams>(call).count, f);
  }
};

}  // namespace

void cast_u8_cuda(const Call* call) {
  visit_cast(params_of<CastParams>(call), Map{call});
}

}  // namespace sinter
