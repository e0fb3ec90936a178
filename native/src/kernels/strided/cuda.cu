// strided on the GPU: threads follow the output's memory; runs that both sides have move in pieces of up to 16 bytes.
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "cuda/bytes.cuh"
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/strided/op.h"

namespace sinter {
namespace {

template <class T>
__global__ void move(Offsets<2> offsets, const T* in, T* out, uint32_t count) {
  const uint32_t i = blockIdx.x * map_threads + threadIdx.x;
  if (i >= count) return;
  int64_t at[2];
  offsets.find(i, at);
  out[at[1]] = in[at[0]];
}

// Strides of `w` count bytes.
void run(const Call* call, Walk<2> w, const char* in, char* out, int32_t element_bytes) {
  if (w.count > INT32_MAX) {  // in halves
    const int32_t half = w.d[0] / 2;
    run(call, w.first(half), in, out, element_bytes);
    run(call, w.first(w.d[0] - half), in + w.stride[0][0] * half, out + w.stride[1][0] * half, element_bytes);
    return;
  }
  const int last = w.rank - 1;
  PieceSize size;
  size.take(in).take(out);
  for (int k = 0; k < last; k++) size.take(w.stride[0][k]).take(w.stride[1][k]);
  const bool run_of_both = w.stride[0][last] == element_bytes && w.stride[1][last] == element_bytes;
  size.take(run_of_both ? int64_t{w.d[last]} * element_bytes : element_bytes);
  const int bytes = size.bytes();  // not less than an element, to which all tensors are aligned
  if (run_of_both) {
    w.count /= w.d[last];
    w.d[last] = static_cast<int32_t>(int64_t{w.d[last]} * element_bytes / bytes);
    w.count *= w.d[last];
    w.stride[0][last] = w.stride[1][last] = bytes;
  }
  with_piece(bytes, [&](auto piece) {
    typedef decltype(piece) T;
    const int64_t size_of_piece = static_cast<int64_t>(sizeof(T));
    for (int k = 0; k < w.rank; k++) {
      w.stride[0][k] /= size_of_piece;
      w.stride[1][k] /= size_of_piece;
    }
    const T* from = reinterpret_cast<const T*>(in);
    T* to = reinterpret_cast<T*>(out);
    const unsigned blocks = blocks_for(w.count, map_threads);
    const uint32_t count = static_cast<uint32_t>(w.count);
    move<<<blocks, map_threads, 0, stream_of(call)>>>(Offsets<2>(w), from, to, count);
  });
}

}  // namespace

void strided_u8_cuda(const Call* call) {
  const StridedParams& p = params_of<StridedParams>(call);
  // From the largest stride of the output to the smallest, so that neighbouring threads write neighbours.
  int order[STRIDED_RANK];
  for (int k = 0; k < STRIDED_RANK; k++) {
    if ((&p.d0)[k] == 0) return;
    int at = k;
    while (at > 0 && abs((&p.out_stride0)[order[at - 1]]) < abs((&p.out_stride0)[k])) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = k;
  }
  int32_t d[STRIDED_RANK], in_stride[STRIDED_RANK], out_stride[STRIDED_RANK];
  for (int k = 0; k < STRIDED_RANK; k++) {
    d[k] = (&p.d0)[order[k]];
    in_stride[k] = (&p.in_stride0)[order[k]];
    out_stride[k] = (&p.out_stride0)[order[k]];
  }
  const int32_t* const strides[2] = {in_stride, out_stride};
  Walk<2> w(STRIDED_RANK, d, strides);
  const int64_t element = p.element_bytes;
  for (int k = 0; k < w.rank; k++) {
    w.stride[0][k] *= element;
    w.stride[1][k] *= element;
  }
  run(call, w, slot_of<const char>(call, STRIDED_IN) + p.in_offset * element,
      slot_of<char>(call, STRIDED_OUT) + p.out_offset * element, p.element_bytes);
}

}  // namespace sinter
