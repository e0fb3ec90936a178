// select on the GPU: a thread for each element.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/select/op.h"

namespace sinter {
namespace {

template <class T>
__global__ void choose(Offsets<3> offsets, const uint8_t* condition, const T* a, const T* b, T* out, uint32_t count) {
  const uint32_t i = blockIdx.x * map_threads + threadIdx.x;
  if (i >= count) return;
  int64_t at[3];
  offsets.find(i, at);
  out[i] = condition[at[0]] ? a[at[1]] : b[at[2]];
}

template <class T>
void run(const Call* call, const Walk<3>& w, const uint8_t* condition, const T* a, const T* b, T* out) {
  if (w.count > INT32_MAX) {  // in halves
    const int32_t half = w.d[0] / 2;
    const Walk<3> part = w.first(half);
    run(call, part, condition, a, b, out);
    run(call, w.first(w.d[0] - half), condition + w.stride[0][0] * half, a + w.stride[1][0] * half,
        b + w.stride[2][0] * half, out + part.count);
    return;
  }
  if (w.count == 0) return;
  const unsigned blocks = blocks_for(w.count, map_threads);
  const uint32_t count = static_cast<uint32_t>(w.count);
  choose<<<blocks, map_threads, 0, stream_of(call)>>>(Offsets<3>(w), condition, a, b, out, count);
}

template <class T>
void typed(const Call* call) {
  const SelectParams& p = params_of<SelectParams>(call);
  const int32_t* const strides[3] = {&p.condition_stride0, &p.a_stride0, &p.b_stride0};
  run(call, Walk<3>(SELECT_RANK, &p.d0, strides), slot_of<const uint8_t>(call, SELECT_CONDITION),
      slot_of<const T>(call, SELECT_A), slot_of<const T>(call, SELECT_B), slot_of<T>(call, SELECT_OUT));
}

}  // namespace

void select_u8_cuda(const Call* call) {
  switch (params_of<SelectParams>(call).element_bytes) {
    case 1:
      return typed<uint8_t>(call);
    case 2:
      return typed<uint16_t>(call);
    case 4:
      return typed<uint32_t>(call);
    default:
      return typed<uint64_t>(call);
  }
}

}  // namespace sinter
