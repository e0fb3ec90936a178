// pad on the GPU: a thread for each piece of the output, of up to 16 bytes, which is either copied or filled.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cuda/bytes.cuh"
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "kernels/pad/op.h"
#include "kernels/pad/shape.h"

namespace sinter {
namespace {

const int threads = 256;

// In pieces; fewer than 2^31 of them in the output.
struct Place {
  Divisor out[6];
  uint32_t before[6], d[6];
  int64_t in_pitch[6];
};

template <class T>
__global__ void pad(Place p, T fill, const T* in, T* out, uint32_t count) {
  const uint32_t i = blockIdx.x * threads + threadIdx.x;
  if (i >= count) return;
  uint32_t rest = i;
  int64_t from = 0;
  bool inside = true;
#pragma unroll
  for (int k = 5; k >= 0; k--) {
    const uint32_t next = k == 0 ? 0 : p.out[k].divide(rest), at = rest - next * p.out[k].d - p.before[k];
    inside &= at < p.d[k];  // before the first it wraps around
    from += int64_t{at} * p.in_pitch[k];
    rest = next;
  }
  if (inside) fill = in[from];
  out[i] = fill;
}

// Dimensions from `dimension` on, at most 2^31 - 1 pieces at once: planes of outer dimensions one by one.
template <class T>
void run(const Call* call, const PadShape& s, int dimension, const T& fill, const char* in, char* out) {
  const int64_t bytes = static_cast<int64_t>(sizeof(T)), count = s.out_bytes[dimension] / bytes;
  if (count == 0) return;
  if (count > INT32_MAX && dimension < s.dimensions - 1) {
    for (int64_t k = 0; k < s.before[dimension] + s.d[dimension] + s.after[dimension]; k++) {
      const int64_t at = k - s.before[dimension];
      char* to = out + k * s.out_bytes[dimension + 1];
      if (at >= 0 && at < s.d[dimension]) {
        run(call, s, dimension + 1, fill, in + at * s.in_bytes[dimension + 1], to);
      } else {
        PadShape border = s;
        for (int d = dimension + 1; d < s.dimensions; d++) border.d[d] = 0, border.after[d] += s.d[d];
        run(call, border, dimension + 1, fill, in, to);
      }
    }
    return;
  }
  Place p;
  for (int k = 0; k < 6; k++) {
    const int from = k - (6 - (s.dimensions - dimension)) + dimension;  // leading dimensions of 1 fill up
    if (from < dimension) {
      p.out[k] = Divisor(1);
      p.before[k] = 0;
      p.d[k] = 1;
      p.in_pitch[k] = 0;
      continue;
    }
    const int64_t unit = from == s.dimensions - 1 ? bytes : 1;
    p.out[k] = Divisor(static_cast<uint32_t>((s.before[from] + s.d[from] + s.after[from]) / unit));
    p.before[k] = static_cast<uint32_t>(s.before[from] / unit);
    p.d[k] = static_cast<uint32_t>(s.d[from] / unit);
    p.in_pitch[k] = from == s.dimensions - 1 ? 1 : s.in_bytes[from + 1] / bytes;
  }
  pad<<<blocks_for(count, threads), threads, 0, stream_of(call)>>>(
      p, fill, reinterpret_cast<const T*>(in), reinterpret_cast<T*>(out), static_cast<uint32_t>(count));
}

}  // namespace

void pad_u8u8_cuda(const Call* call) {
  const PadParams& p = params_of<PadParams>(call);
  const PadShape s = pad_shape(p);
  const char* in = slot_of<const char>(call, PAD_IN);
  char* out = slot_of<char>(call, PAD_OUT);
  const int last = s.dimensions - 1;
  PieceSize size;
  size.take(in).take(out).take(s.before[last]).take(s.d[last]).take(s.after[last]);
  const int64_t value = p.value;  // sign extension for 8-byte elements; the low bytes come first
  with_piece(size.bytes(), [&](auto fill) {
    const size_t element = static_cast<size_t>(p.element_bytes);  // divides a piece: tensors are aligned to elements
    for (size_t i = 0; i + element <= sizeof fill; i += element) {
      memcpy(reinterpret_cast<char*>(&fill) + i, &value, element);
    }
    run(call, s, 0, fill, in, out);
  });
}

}  // namespace sinter
