// fold on the GPU: a thread for each result where there are many of few elements, else a warp. Products of floats,
// whose order decides what overflows on the way, are always one thread's. SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "cuda/block.cuh"
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "kernels/fold/op.h"

namespace sinter {
namespace {

const int threads = 128;

struct Shape {
  int64_t count;
  uint32_t folded;
  int64_t kept[FOLD_RANK], kept_stride[FOLD_RANK], folded_stride[FOLD_RANK];
  Divisor folded_size[FOLD_RANK];

  explicit Shape(const FoldParams& p) : count(1), folded(1) {
    for (int k = 0; k < FOLD_RANK; k++) {
      kept[k] = (&p.kept0)[k];
      kept_stride[k] = (&p.kept_stride0)[k];
      folded_stride[k] = (&p.folded_stride0)[k];
      folded_size[k] = Divisor(static_cast<uint32_t>((&p.folded0)[k]));
      count *= kept[k];
      folded *= static_cast<uint32_t>((&p.folded0)[k]);
    }
  }
  __device__ int64_t first(int64_t result) const {
    int64_t at = 0;
#pragma unroll
    for (int k = FOLD_RANK - 1; k >= 0; k--) {
      if (kept[k] == 1) continue;
      const int64_t rest = k == 0 ? 0 : result / kept[k];
      at += (result - rest * kept[k]) * kept_stride[k];
      result = rest;
    }
    return at;
  }
  __device__ int64_t step(uint32_t i) const {
    int64_t at = 0;
#pragma unroll
    for (int k = FOLD_RANK - 1; k > 0; k--) {
      const uint32_t rest = folded_size[k].divide(i);
      at += int64_t{i - rest * folded_size[k].d} * folded_stride[k];
      i = rest;
    }
    return at + int64_t{i} * folded_stride[0];
  }
};

// ---- what is folded: begins with `start`, takes elements, and joins what two threads have -------------------------

template <class T, class W>
struct Sum {
  typedef T In;
  typedef T Out;
  typedef W Value;
  static constexpr bool in_order = false;
  Value start;
  __device__ Value begin(const T*) const {
    return start;
  }
  __device__ Value take(Value value, T x, uint32_t) const {
    return value + static_cast<W>(x);
  }
  __device__ Value join(Value a, Value b) const {
    return a + b;
  }
  __device__ T finish(Value value) const {
    return static_cast<T>(value);
  }
};

template <class T, class W>
struct Product : Sum<T, W> {
  static constexpr bool in_order = static_cast<W>(0.5) != 0;
  __device__ W take(W value, T x, uint32_t) const {
    return value * static_cast<W>(x);
  }
  __device__ W join(W a, W b) const {
    return a * b;
  }
};

template <class T>
struct Extreme {
  typedef T In;
  typedef T Out;
  typedef T Value;
  static constexpr bool in_order = false;
  T start;
  bool most;
  __device__ T begin(const T*) const {
    return start;
  }
  __device__ T take(T value, T x, uint32_t) const {
    return (most ? x > value : x < value) ? x : value;
  }
  __device__ T join(T a, T b) const {
    return take(a, b, 0);
  }
  __device__ T finish(T value) const {
    return value;
  }
};

struct Truth {
  typedef uint8_t In;
  typedef uint8_t Out;
  typedef int32_t Value;
  static constexpr bool in_order = false;
  bool any;
  __device__ int32_t begin(const uint8_t*) const {
    return !any;
  }
  __device__ int32_t take(int32_t value, uint8_t x, uint32_t) const {
    return any ? value || x : value && x;
  }
  __device__ int32_t join(int32_t a, int32_t b) const {
    return any ? a || b : a && b;
  }
  __device__ uint8_t finish(int32_t value) const {
    return static_cast<uint8_t>(value);
  }
};

// The first of equal ones. All threads begin with the first element, so none has less, and NaN there stays.
template <class T>
struct Best {
  T value;
  int32_t position;
};
template <class T>
struct Where {
  typedef T In;
  typedef int32_t Out;
  typedef Best<T> Value;
  static constexpr bool in_order = false;
  bool most;
  __device__ Value begin(const T* in) const {
    return {*in, 0};
  }
  __device__ bool better(T x, T value) const {
    return most ? x > value : x < value;
  }
  __device__ Value take(Value value, T x, uint32_t at) const {
    if (better(x, value.value)) value = {x, static_cast<int32_t>(at)};
    return value;
  }
  __device__ Value join(Value a, Value b) const {
    if (better(b.value, a.value)) return b;
    if (better(a.value, b.value)) return a;
    return a.position < b.position ? a : b;
  }
  __device__ int32_t finish(Value value) const {
    return value.position;
  }
};

template <class V>
__device__ V from_lane(V value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}
template <class T>
__device__ Best<T> from_lane(Best<T> best, int mask) {
  const T value = static_cast<T>(__shfl_xor_sync(0xffffffffu, best.value, mask));
  return {value, __shfl_xor_sync(0xffffffffu, best.position, mask)};
}

template <class F, bool warp>
__global__ void fold(Shape s, F f, const typename F::In* in, typename F::Out* out) {
  const int64_t thread = int64_t{blockIdx.x} * threads + threadIdx.x;
  const int64_t result = warp ? thread / 32 : thread;
  if (result >= s.count) return;  // all of a warp, where it folds together
  const uint32_t lanes = warp ? 32 : 1, lane = warp ? threadIdx.x % 32 : 0;
  const typename F::In* from = in + s.first(result);
  typename F::Value value = f.begin(from);
  for (uint32_t i = lane; i < s.folded; i += lanes) value = f.take(value, from[s.step(i)], i);
  if constexpr (warp) {
#pragma unroll
    for (int mask = 16; mask > 0; mask /= 2) {
      const typename F::Value other = from_lane(value, mask);
      value = f.join(value, other);
    }
  }
  if (lane == 0) out[result] = f.finish(value);
}

template <class F>
void run(const Call* call, const F& f) {
  const Shape s(params_of<FoldParams>(call));
  if (s.count == 0) return;
  const typename F::In* in = slot_of<const typename F::In>(call, FOLD_IN);
  typename F::Out* out = slot_of<typename F::Out>(call, FOLD_OUT);
  if constexpr (!F::in_order) {
    const int64_t enough = 100000;
    if (s.folded > 4 && s.count < enough) {
      fold<F, true><<<blocks_for(s.count, threads / 32), threads, 0, stream_of(call)>>>(s, f, in, out);
      return;
    }
  }
  fold<F, false><<<blocks_for(s.count, threads), threads, 0, stream_of(call)>>>(s, f, in, out);
}

template <class T>
void extreme(const Call* call) {
  const bool most = params_of<FoldParams>(call).function == FOLD_MAX;
  const T start = most ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
  run(call, Extreme<T>{start, most});
}

template <class T>
void where(const Call* call) {
  run(call, Where<T>{params_of<FoldParams>(call).function == FOLD_ARG_MAX});
}

template <class T, class W>
void numbers(const Call* call) {
  const int32_t function = params_of<FoldParams>(call).function;
  if (function == FOLD_SUM) {
    run(call, Sum<T, W>{0});
  } else if (function == FOLD_PRODUCT) {
    Product<T, W> f;
    f.start = 1;
    run(call, f);
  } else {
    extreme<T>(call);
  }
}

}  // namespace

void fold_f32_cuda(const Call* call) {
  numbers<float, double>(call);
}
void fold_s32_cuda(const Call* call) {
  const int32_t function = params_of<FoldParams>(call).function;
  if (function == FOLD_ARG_MAX || function == FOLD_ARG_MIN) return where<int32_t>(call);
  numbers<int32_t, uint64_t>(call);
}
void fold_s64_cuda(const Call* call) {
  numbers<int64_t, uint64_t>(call);
}
void fold_s8_cuda(const Call* call) {
  extreme<int8_t>(call);
}
void fold_u8_cuda(const Call* call) {
  extreme<uint8_t>(call);
}
void fold_s16_cuda(const Call* call) {
  extreme<int16_t>(call);
}
void fold_bool_cuda(const Call* call) {
  run(call, Truth{params_of<FoldParams>(call).function == FOLD_ANY});
}
void fold_f32s32_cuda(const Call* call) {
  where<float>(call);
}
void fold_s8s32_cuda(const Call* call) {
  where<int8_t>(call);
}
void fold_u8s32_cuda(const Call* call) {
  where<uint8_t>(call);
}

}  // namespace sinter
