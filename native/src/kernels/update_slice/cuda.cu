// update_slice on the GPU: a thread for each element of the box.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/bytes.cuh"
#include "cuda/launch.h"
#include "kernels/update_slice/op.h"

namespace sinter {
namespace {

const int threads = 128;

template <class T, class Index>
__global__ void place(UpdateSliceParams p, int64_t count, const T* box, const Index* start, T* out) {
  const int64_t i = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (i >= count) return;
  int64_t rest = i, to = 0, stride = 1;
  for (int k = UPDATE_RANK - 1; k >= 0; k--) {
    const int64_t d = (&p.d0)[k], u = (&p.u0)[k];
    if (d == 1) continue;
    int64_t at = 0;
    const int axis = k - (UPDATE_RANK - p.rank);
    if (axis >= 0) {
      at = start[axis];
      at = at < 0 ? 0 : at > d - u ? d - u : at;
    }
    const int64_t next = rest / u;
    to += (at + rest - next * u) * stride;
    rest = next;
    stride *= d;
  }
  out[to] = box[i];
}

template <class Index>
void run(const Call* call) {
  const UpdateSliceParams& p = params_of<UpdateSliceParams>(call);
  int64_t count = 1;
  for (int k = 0; k < UPDATE_RANK; k++) count *= (&p.u0)[k];
  if (count == 0) return;
  with_piece(p.element_bytes, [&](auto piece) {
    typedef decltype(piece) T;
    place<T, Index><<<blocks_for(count, threads), threads, 0, stream_of(call)>>>(
        p, count, slot_of<const T>(call, UPDATE_IN), slot_of<const Index>(call, UPDATE_START),
        slot_of<T>(call, UPDATE_OUT));
  });
}

}  // namespace

void update_slice_u8s32_cuda(const Call* call) {
  run<int32_t>(call);
}
void update_slice_u8s64_cuda(const Call* call) {
  run<int64_t>(call);
}

}  // namespace sinter
