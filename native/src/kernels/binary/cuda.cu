// binary on the GPU, by the functions of the reference rows.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/fault.cuh"
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/binary/functions.h"
#include "kernels/binary/quantized.h"

namespace sinter {
namespace {

// A function that says so where its divisor is 0; what it writes there does not matter, the run fails.
template <class F>
struct Watched {
  F f;
  FaultReport report;
  typename F::In zero;
  __device__ typename F::Out operator()(typename F::In a, typename F::In b) const {
    if (b == zero) report(0, -1);
    return f(a, b);
  }
};

struct Zip {
  const Call* call;
  template <class F>
  void operator()(const F& f) const {
    typedef typename F::In In;
    typedef typename F::Out Out;
    const BinaryParams& p = params_of<BinaryParams>(call);
    const In* a = slot_of<const In>(call, BINARY_A);
    const In* b = slot_of<const In>(call, BINARY_B);
    Out* out = slot_of<Out>(call, BINARY_OUT);
    if constexpr (F::divides) {
      const Watched<F> watched = {f, FaultReport(call, "division by 0"), f.zero()};
      zip(call, &p.d0, &p.a_stride0, &p.b_stride0, a, b, out, watched);
    } else {
      zip(call, &p.d0, &p.a_stride0, &p.b_stride0, a, b, out, f);
    }
  }
};

}  // namespace

void binary_f32_cuda(const Call* call) {
  visit_real(params_of<BinaryParams>(call), Zip{call});
}
void binary_s32_cuda(const Call* call) {
  visit_whole<int32_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_s64_cuda(const Call* call) {
  visit_whole<int64_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_s8_cuda(const Call* call) {
  visit_quantized<int8_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_u8_cuda(const Call* call) {
  visit_quantized<uint8_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_s16_cuda(const Call* call) {
  visit_quantized<int16_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_compare_f32_cuda(const Call* call) {
  visit_comparison<float>(params_of<BinaryParams>(call), Zip{call});
}
void binary_compare_s32_cuda(const Call* call) {
  visit_comparison<int32_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_compare_s64_cuda(const Call* call) {
  visit_comparison<int64_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_compare_s8_cuda(const Call* call) {
  visit_comparison<int8_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_compare_u8_cuda(const Call* call) {
  visit_comparison<uint8_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_compare_s16_cuda(const Call* call) {
  visit_comparison<int16_t>(params_of<BinaryParams>(call), Zip{call});
}
void binary_compare_bool_cuda(const Call* call) {
  visit_bool(params_of<BinaryParams>(call), Zip{call});
}

}  // namespace sinter
