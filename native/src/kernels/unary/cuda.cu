// unary on the GPU, by the functions of the reference rows.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/unary/functions.h"
#include "kernels/unary/op.h"

namespace sinter {
namespace {

struct Map {
  const Call* call;
  template <class F>
  void operator()(const F& f) const {
    typedef typename F::Element T;
    map(call, slot_of<const T>(call, UNARY_IN), slot_of<T>(call, UNARY_OUT), params_of<UnaryParams>(call).count, f);
  }
};

}  // namespace

void unary_f32_cuda(const Call* call) {
  visit_real(params_of<UnaryParams>(call), Map{call});
}
void unary_s32_cuda(const Call* call) {
  visit_whole<int32_t>(params_of<UnaryParams>(call), Map{call});
}
void unary_s64_cuda(const Call* call) {
  visit_whole<int64_t>(params_of<UnaryParams>(call), Map{call});
}
void unary_bool_cuda(const Call* call) {
  Map{call}(Not());
}
void unary_s16_cuda(const Call* call) {
  Map{call}(LeakyRelu16(params_of<UnaryParams>(call)));
}

}  // namespace sinter
