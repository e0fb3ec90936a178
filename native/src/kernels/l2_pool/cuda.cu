// l2_pool on the GPU: a thread for each output.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "cuda/launch.h"
#include "kernels/l2_pool/op.h"

namespace sinter {
namespace {

const int threads = 128;

__global__ void pool(L2PoolParams p, int64_t rows, const float* in, float* out) {
  const int64_t i = int64_t{blockIdx.x} * threads + threadIdx.x, channels = p.channels;
  if (i >= p.out_w * channels) return;
  const int64_t ox = i / channels, c = i - ox * channels;
  const int64_t left = ox * p.stride_w - p.pad_left, x0 = left < 0 ? 0 : left;
  const int64_t x1 = left + p.kernel_w < p.in_w ? left + p.kernel_w : p.in_w;
  for (int64_t row = blockIdx.y; row < rows; row += gridDim.y) {
    const int64_t b = row / p.out_h;
    const int64_t top = (row - b * p.out_h) * p.stride_h - p.pad_top, y0 = top < 0 ? 0 : top;
    const int64_t y1 = top + p.kernel_h < p.in_h ? top + p.kernel_h : p.in_h;
    const float inverse = 1.0f / static_cast<float>((y1 - y0) * (x1 - x0));
    float sum = 0;
    for (int64_t y = y0; y < y1; y++) {
      for (int64_t x = x0; x < x1; x++) {
        const float value = in[((b * p.in_h + y) * p.in_w + x) * channels + c];
        sum += value * value;
      }
    }
    const float root = sqrtf(sum * inverse);
    out[row * p.out_w * channels + i] = root < p.act_min ? p.act_min : root > p.act_max ? p.act_max : root;
  }
}

}  // namespace

void l2_pool_f32_cuda(const Call* call) {
  const L2PoolParams& p = params_of<L2PoolParams>(call);
  const int64_t rows = int64_t{p.batch} * p.out_h, items = int64_t{p.out_w} * p.channels, most = 65535;
  if (rows == 0 || items == 0) return;
  const dim3 grid(blocks_for(items, threads), static_cast<unsigned>(rows < most ? rows : most));
  pool<<<grid, threads, 0, stream_of(call)>>>(p, rows, slot_of<const float>(call, L2_POOL_IN),
                                              slot_of<float>(call, L2_POOL_OUT));
}

}  // namespace sinter
