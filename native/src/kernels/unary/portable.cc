// unary: one loop per function; the compiler vectorizes those without a library call.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "core/workers.h"
#include "kernels/unary/functions.h"
#include "kernels/unary/op.h"

namespace sinter {
namespace {

const UnaryParams& params(const Call* call) {
  return *static_cast<const UnaryParams*>(call->params);
}

struct Each {
  const Call* call;
  template <class F>
  void operator()(const F& f) const {
    typedef typename F::Element T
        __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
    const int64_t count = params(call).count;
    const T* in = static_cast<const T*>(call->slots[UNARY_IN]);
    T* out = static_cast<T*>(call->slots[UNARY_OUT]);
    const int64_t part = fair_rows(count, 8192, 64, call->workers->threads), parts = (count + part - 1) / part;
    parallel_for(call->workers, parts, [&](int64_t index, int) {
      const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
      for (int64_t i = index * part; i < end; i++) out[i] = f(in[i]);
    });
  }
};

}  // namespace

void unary_f32_reference(const Call* call) {
  visit_real(params(call), Each{call});
}

void unary_s32_reference(const Call* call) {
  visit_whole<int32_t>(params(call), Each{call});
}

void unary_s64_reference(const Call* call) {
  visit_whole<int64_t>(params(call), Each{call});
}

void unary_bool_reference(const Call* call) {
  Each{call}(Not());
}

void unary_s16_reference(const Call* call) {
  Each{call}(LeakyRelu16(params(call)));
}

}  // namespace sinter
