// add on the GPU: one thread per element, by the scalar functions of the reference.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "kernels/add/op.h"
#include "kernels/add/scaling.h"

namespace sinter {
namespace {

const int threads = 256;

struct SumS8 {
  typedef int8_t Element;
  AddScaling scaling;
  int32_t out_zero_point, a_zero_point, b_zero_point, out_min, out_max;
  explicit SumS8(const AddParams& p)
      : scaling(add_scaling(p)),
        out_zero_point(p.out_zero_point),
        a_zero_point(p.a_zero_point),
        b_zero_point(p.b_zero_point),
        out_min(p.out_min),
        out_max(p.out_max) {}
  __device__ int8_t operator()(int8_t a, int8_t b) const {
    int32_t value = add_one(scaling, a_zero_point, b_zero_point, out_zero_point, a, b);
    value = value < out_min ? out_min : value;
    value = value > out_max ? out_max : value;
    return static_cast<int8_t>(value);
  }
};

struct SumF32 {
  typedef float Element;
  float act_min, act_max;
  explicit SumF32(const AddParams& p) : act_min(p.act_min), act_max(p.act_max) {}
  __device__ float operator()(float a, float b) const {
    float value = a + b;
    value = value < act_min ? act_min : value;
    return value > act_max ? act_max : value;
  }
};

template <class Sum>
__global__ void strided(StridedIndex<2> index, Sum sum, const typename Sum::Element* a, const typename Sum::Element* b,
                        typename Sum::Element* out, uint32_t count) {
  const uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  int64_t at[2];
  index.offsets(i, at);
  out[i] = sum(a[at[0]], b[at[1]]);
}

// Both operands as dense as the output: 16 bytes a thread.
template <class Sum>
__global__ void dense(Sum sum, const typename Sum::Element* a, const typename Sum::Element* b,
                      typename Sum::Element* out, uint32_t count) {
  constexpr uint32_t lanes = 16 / sizeof(typename Sum::Element);
  struct alignas(16) Vector {
    typename Sum::Element lane[lanes];
  };
  const uint32_t i = (blockIdx.x * threads + threadIdx.x) * lanes;
  if (i + lanes <= count) {
    const Vector x = *reinterpret_cast<const Vector*>(a + i), y = *reinterpret_cast<const Vector*>(b + i);
    Vector z;
#pragma unroll
    for (uint32_t l = 0; l < lanes; l++) z.lane[l] = sum(x.lane[l], y.lane[l]);
    *reinterpret_cast<Vector*>(out + i) = z;
  } else {
    for (uint32_t l = i; l < count; l++) out[l] = sum(a[l], b[l]);
  }
}

template <class Sum>
void launch(const Call* call) {
  typedef typename Sum::Element Element;
  const AddParams& p = params_of<AddParams>(call);
  const int32_t d[6] = {p.d0, p.d1, p.d2, p.d3, p.d4, p.d5};
  StridedIndex<2> index;
  int64_t count = 1, dense_stride = 1;
  bool same = true;
  const int32_t* a_strides = &p.a_stride0;
  const int32_t* b_strides = &p.b_stride0;
  for (int axis = 5; axis >= 0; axis--) {
    index.size[axis] = Divisor(static_cast<uint32_t>(d[axis]));
    index.stride[0][axis] = a_strides[axis];
    index.stride[1][axis] = b_strides[axis];
    same &= d[axis] == 1 || (a_strides[axis] == dense_stride && b_strides[axis] == dense_stride);
    dense_stride *= d[axis];
    count *= d[axis];
  }
  if (count == 0) return;
  const Element* a = slot_of<const Element>(call, ADD_A);
  const Element* b = slot_of<const Element>(call, ADD_B);
  Element* out = slot_of<Element>(call, ADD_OUT);
  const Sum sum(p);
  if (same && aligned16(a) && aligned16(b) && aligned16(out)) {
    const int64_t per_block = threads * (16 / static_cast<int64_t>(sizeof(Element)));
    dense<<<blocks_for(count, per_block), threads, 0, stream_of(call)>>>(sum, a, b, out, static_cast<uint32_t>(count));
  } else {
    strided<<<blocks_for(count, threads), threads, 0, stream_of(call)>>>(index, sum, a, b, out,
                                                                         static_cast<uint32_t>(count));
  }
}

}  // namespace

void add_s8s8s8_cuda(const Call* call) {
  launch<SumS8>(call);
}
void add_f32f32f32_cuda(const Call* call) {
  launch<SumF32>(call);
}

}  // namespace sinter
