// lrn on the GPU: a thread for each value, which sums its own window.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "cuda/launch.h"
#include "kernels/lrn/op.h"

namespace sinter {
namespace {

const int threads = 128;

__global__ void normalize(LrnParams p, int64_t count, const float* in, float* out) {
  const int64_t i = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (i >= count) return;
  const int64_t row = i / p.depth, c = i - row * p.depth;
  const float* values = in + row * p.depth;
  const int64_t from = c > p.radius ? c - p.radius : 0;
  const int64_t to = c + p.radius < p.depth ? c + p.radius + 1 : p.depth;
  float sum = 0;
  for (int64_t k = from; k < to; k++) sum += values[k] * values[k] * p.alpha;
  const float scale = p.bias + sum;
  out[i] = p.beta == 1.0f   ? values[c] / scale
           : p.beta == 0.5f ? values[c] / sqrtf(scale)
                            : values[c] * powf(scale, -p.beta);
}

}  // namespace

void lrn_f32_cuda(const Call* call) {
  const LrnParams& p = params_of<LrnParams>(call);
  const int64_t count = int64_t{p.rows} * p.depth;
  if (count == 0) return;
  normalize<<<blocks_for(count, threads), threads, 0, stream_of(call)>>>(p, count, slot_of<const float>(call, LRN_IN),
                                                                         slot_of<float>(call, LRN_OUT));
}

}  // namespace sinter
