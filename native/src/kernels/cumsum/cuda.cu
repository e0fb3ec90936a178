// cumsum on the GPU: a thread for each line, which adds in the order that the definition names.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "kernels/cumsum/op.h"

namespace sinter {
namespace {

const int threads = 128;

// Sum: T, or an unsigned type of the same width, which wraps around.
template <class T, class Sum>
__global__ void add_up(CumsumParams p, int64_t lines, const T* in, T* out) {
  const int64_t line = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (line >= lines) return;
  const int64_t outer = line / p.inner, inner = line - outer * p.inner;
  int64_t at = outer * p.depth * p.inner + inner, step = p.inner;
  if (p.reverse) {
    at += (p.depth - 1) * step;
    step = -step;
  }
  // Exclusive sums begin with 0, others with the first value itself: a 0 before it would make 0 of -0.
  Sum sum = 0;
  for (int32_t d = 0; d < p.depth; d++, at += step) {
    const Sum value = static_cast<Sum>(in[at]);
    const Sum next = d == 0 ? value : static_cast<Sum>(sum + value);
    out[at] = static_cast<T>(p.exclusive ? sum : next);
    // An exclusive sum is of 0 and all before.
    sum = p.exclusive ? static_cast<Sum>(sum + value) : next;
  }
}

template <class T, class Sum>
void run(const Call* call) {
  const CumsumParams& p = params_of<CumsumParams>(call);
  const int64_t lines = int64_t{p.outer} * p.inner;
  if (lines == 0 || p.depth == 0) return;
  add_up<T, Sum><<<blocks_for(lines, threads), threads, 0, stream_of(call)>>>(
      p, lines, slot_of<const T>(call, CUMSUM_IN), slot_of<T>(call, CUMSUM_OUT));
}

}  // namespace

void cumsum_f32f32_cuda(const Call* call) {
  run<float, float>(call);
}
void cumsum_s32s32_cuda(const Call* call) {
  run<int32_t, uint32_t>(call);
}
void cumsum_s64s64_cuda(const Call* call) {
  run<int64_t, uint64_t>(call);
}

}  // namespace sinter
