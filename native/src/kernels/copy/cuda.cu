// copy on the GPU: rows in pieces of up to 16 bytes, a thread each.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/bytes.cuh"
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "kernels/copy/op.h"

namespace sinter {
namespace {

const int threads = 256;

template <class T>
__global__ void rows(Divisor row_pieces, int64_t in_stride, int64_t out_stride, const T* in, T* out, uint32_t count) {
  const uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  const uint32_t row = row_pieces.divide(i), piece = i - row * row_pieces.d;
  out[row * out_stride + piece] = in[row * in_stride + piece];
}

}  // namespace

void copy_u8_cuda(const Call* call) {
  const CopyParams& p = params_of<CopyParams>(call);
  if (p.rows == 0 || p.row_bytes == 0) return;
  const char* in = slot_of<const char>(call, COPY_IN) + p.in_offset;
  char* out = slot_of<char>(call, COPY_OUT) + p.out_offset;
  PieceSize size;
  size.take(in).take(out).take(p.row_bytes);
  if (p.rows > 1) size.take(p.in_stride).take(p.out_stride);
  with_piece(size.bytes(), [&](auto piece) {
    typedef decltype(piece) T;
    const int64_t bytes = static_cast<int64_t>(sizeof(T)), row = p.row_bytes / bytes;
    const int64_t at_once = INT32_MAX / row;  // rows of fewer than 2^31 pieces
    for (int64_t first = 0; first < p.rows; first += at_once) {
      const int64_t count = (p.rows - first < at_once ? p.rows - first : at_once) * row;
      rows<<<blocks_for(count, threads), threads, 0, stream_of(call)>>>(
          Divisor(static_cast<uint32_t>(row)), p.in_stride / bytes, p.out_stride / bytes,
          reinterpret_cast<const T*>(in + first * p.in_stride), reinterpret_cast<T*>(out + first * p.out_stride),
          static_cast<uint32_t>(count));
    }
  });
}

}  // namespace sinter
