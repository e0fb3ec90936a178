// gather on the GPU: some threads for each slice, which they move in pieces of up to 16 bytes.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/bytes.cuh"
#include "cuda/fault.cuh"
#include "cuda/launch.h"
#include "kernels/gather/op.h"

namespace sinter {
namespace {

const int threads = 128;

struct Shape {
  int64_t planes, outer, positions, slices, pieces;  // pieces: of a slice
  int32_t depth, d[GATHER_DEPTH];
};

// A row of threads (x) for each slice. A slice whose index is outside is left out, and the run fails.
template <class T, class Index>
__global__ void take(Shape s, FaultReport report, const T* in, const Index* index, T* out) {
  const int64_t slice = int64_t{blockIdx.x} * blockDim.y + threadIdx.y;
  if (slice >= s.planes * s.positions) return;
  const int64_t plane = slice / s.positions, position = slice - plane * s.positions, batch = plane / s.outer;
  const Index* vector = index + (batch * s.positions + position) * s.depth;
  int64_t at = 0;
  for (int32_t k = 0; k < s.depth; k++) {
    const int64_t value = vector[k];
    if (value < 0 || value >= s.d[k]) {
      if (threadIdx.x == 0) report(value, s.d[k]);
      return;
    }
    at = at * s.d[k] + value;
  }
  const T* from = in + (plane * s.slices + at) * s.pieces;
  T* to = out + slice * s.pieces;
  for (int64_t i = threadIdx.x; i < s.pieces; i += blockDim.x) to[i] = from[i];
}

// Looks at indices whose slices have no bytes.
template <class Index>
__global__ void look(Shape s, FaultReport report, const Index* index, int64_t vectors) {
  const int64_t i = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (i >= vectors) return;
  for (int32_t k = 0; k < s.depth; k++) {
    const int64_t value = index[i * s.depth + k];
    if (value < 0 || value >= s.d[k]) report(value, s.d[k]);
  }
}

template <class Index>
void run(const Call* call) {
  const GatherParams& p = params_of<GatherParams>(call);
  const char* in = slot_of<const char>(call, GATHER_IN);
  const Index* index = slot_of<const Index>(call, GATHER_INDEX);
  char* out = slot_of<char>(call, GATHER_OUT);
  Shape s = {int64_t{p.batch} * p.outer, p.outer, p.positions, 1, 0, p.depth, {}};
  for (int k = 0; k < GATHER_DEPTH; k++) {
    s.d[k] = (&p.d0)[k];
    s.slices *= s.d[k];
  }
  const FaultReport report(call, "index");
  const int64_t all = s.planes * s.positions, vectors = int64_t{p.batch} * p.positions;
  if (all == 0 || p.slice_bytes == 0) {
    if (vectors > 0) look<<<blocks_for(vectors, threads), threads, 0, stream_of(call)>>>(s, report, index, vectors);
    return;
  }
  PieceSize size;
  size.take(in).take(out).take(p.slice_bytes);
  with_piece(size.bytes(), [&](auto piece) {
    typedef decltype(piece) T;
    s.pieces = p.slice_bytes / static_cast<int64_t>(sizeof(T));
    unsigned across = 1;
    while (across < s.pieces && across < threads) across *= 2;
    const dim3 block(across, threads / across);
    take<T, Index><<<blocks_for(all, block.y), block, 0, stream_of(call)>>>(s, report, reinterpret_cast<const T*>(in),
                                                                            index, reinterpret_cast<T*>(out));
  });
}

}  // namespace

void gather_u8s16_cuda(const Call* call) {
  run<int16_t>(call);
}
void gather_u8s32_cuda(const Call* call) {
  run<int32_t>(call);
}
void gather_u8s64_cuda(const Call* call) {
  run<int64_t>(call);
}

}  // namespace sinter
