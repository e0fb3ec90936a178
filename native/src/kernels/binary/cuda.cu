// binary on the GPU, by the functions of the reference rows. What is small is chosen while running, in one kernel for
// each type: code for every function by itself would be ten times as much.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/fault.cuh"
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/binary/functions.h"
#include "kernels/binary/quantized.h"

namespace sinter {
namespace {

// ---- functions by number --------------------------------------------------------------------------

struct FewReal : Maps<float, float> {
  int32_t function;
  float low, high;
  explicit FewReal(const BinaryParams& p) : function(p.function), low(p.act_min), high(p.act_max) {}
  static bool has(int32_t function) {
    return function <= BINARY_MIN || function == BINARY_SQUARED_DIFFERENCE || function == BINARY_PRELU;
  }
  __device__ float one(float a, float b) const {
    switch (function) {
      case BINARY_ADD:
        return RealAdd()(a, b);
      case BINARY_SUB:
        return RealSub()(a, b);
      case BINARY_MUL:
        return RealMul()(a, b);
      case BINARY_DIV:
        return RealDiv()(a, b);
      case BINARY_MAX:
        return RealMax()(a, b);
      case BINARY_MIN:
        return RealMin()(a, b);
      case BINARY_SQUARED_DIFFERENCE:
        return RealSquaredDifference()(a, b);
      default:
        return RealPrelu()(a, b);
    }
  }
  __device__ float operator()(float a, float b) const {
    float value = one(a, b);
    value = value < low ? low : value;  // NaN stays
    return value > high ? high : value;
  }
};

template <class T>
struct FewStored : Maps<T, T> {
  int32_t function;
  explicit FewStored(const BinaryParams& p) : function(p.function) {}
  __device__ T operator()(T a, T b) const {
    switch (function) {
      case BINARY_MAX:
        return StoredMax<T>()(a, b);
      case BINARY_MIN:
        return StoredMin<T>()(a, b);
      case BINARY_XOR:
        return StoredXor<T>()(a, b);
      default:
        return StoredShift<T>()(a, b);
    }
  }
};

template <class T>
struct Floors : Divides<T, T> {
  bool quotient;
  explicit Floors(const BinaryParams& p) : quotient(p.function == BINARY_FLOOR_DIV) {}
  __device__ T operator()(T a, T b) const {
    return quotient ? StoredFloorDiv<T>()(a, b) : StoredFloorMod<T>()(a, b);
  }
};

template <class T>
struct FewWhole : Maps<T, T> {
  int32_t function;
  static bool has(int32_t function) {
    return function <= BINARY_MUL || function == BINARY_SQUARED_DIFFERENCE;
  }
  __device__ T operator()(T a, T b) const {
    switch (function) {
      case BINARY_ADD:
        return WholeAdd<T>()(a, b);
      case BINARY_SUB:
        return WholeSub<T>()(a, b);
      case BINARY_MUL:
        return WholeMul<T>()(a, b);
      default:
        return WholeSquaredDifference<T>()(a, b);
    }
  }
};

template <class As>
struct Comparison : Maps<typename As::In, uint8_t> {
  As as;
  int32_t function;
  Comparison(const As& how, int32_t number) : as(how), function(number) {}
  __device__ uint8_t operator()(typename As::In a, typename As::In b) const {
    switch (function) {
      case BINARY_LESS:
        return Less<As>(as)(a, b);
      case BINARY_LESS_EQUAL:
        return LessEqual<As>(as)(a, b);
      case BINARY_GREATER:
        return Greater<As>(as)(a, b);
      case BINARY_GREATER_EQUAL:
        return GreaterEqual<As>(as)(a, b);
      case BINARY_EQUAL:
        return Equal<As>(as)(a, b);
      case BINARY_AND:
        return And()(a, b);
      case BINARY_OR:
        return Or()(a, b);
      default:
        return NotEqual<As>(as)(a, b);
    }
  }
};

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

// ---- launches -------------------------------------------------------------------------------------

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
  template <class As>
  void compare(const As& as) const {
    (*this)(Comparison<As>(as, params_of<BinaryParams>(call).function));
  }
  template <class T>
  void stored(const BinaryParams& p) const {
    if (p.function == BINARY_FLOOR_DIV || p.function == BINARY_FLOOR_MOD) return (*this)(Floors<T>(p));
    (*this)(FewStored<T>(p));
  }
};

template <class T>
void whole(const Call* call) {
  const BinaryParams& p = params_of<BinaryParams>(call);
  const Zip zip = {call};
  if (FewWhole<T>::has(p.function)) {
    Bounded<FewWhole<T>> f(whole_low<T>(p), whole_high<T>(p));
    f.function = p.function;
    return zip(f);
  }
  if (p.function == BINARY_DIV) return zip(Bounded<WholeDiv<T>>(whole_low<T>(p), whole_high<T>(p)));
  if (p.function == BINARY_POW) return zip(Bounded<WholePow<T>>(whole_low<T>(p), whole_high<T>(p)));
  zip.stored<T>(p);
}

template <class T>
void compare(const Call* call) {
  visit_comparison<T>(params_of<BinaryParams>(call), Zip{call});
}

}  // namespace

void binary_f32_cuda(const Call* call) {
  const BinaryParams& p = params_of<BinaryParams>(call);
  const Zip zip = {call};
  if (FewReal::has(p.function)) return zip(FewReal(p));
  switch (p.function) {
    case BINARY_POW:
      return zip(Bounded<RealPow>(p.act_min, p.act_max));
    case BINARY_FLOOR_DIV:
      return zip(Bounded<RealFloorDiv>(p.act_min, p.act_max));
    case BINARY_FLOOR_MOD:
      return zip(Bounded<RealFloorMod>(p.act_min, p.act_max));
    default:
      return zip(Bounded<RealAtan2>(p.act_min, p.act_max));
  }
}
void binary_s32_cuda(const Call* call) {
  whole<int32_t>(call);
}
void binary_s64_cuda(const Call* call) {
  whole<int64_t>(call);
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
  compare<float>(call);
}
void binary_compare_s32_cuda(const Call* call) {
  compare<int32_t>(call);
}
void binary_compare_s64_cuda(const Call* call) {
  compare<int64_t>(call);
}
void binary_compare_s8_cuda(const Call* call) {
  compare<int8_t>(call);
}
void binary_compare_u8_cuda(const Call* call) {
  compare<uint8_t>(call);
}
void binary_compare_s16_cuda(const Call* call) {
  compare<int16_t>(call);
}
void binary_compare_bool_cuda(const Call* call) {
  Zip{call}.compare(AsStored<uint8_t>());
}

}  // namespace sinter
