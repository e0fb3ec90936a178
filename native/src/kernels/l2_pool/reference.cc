// l2_pool, plainly.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/workers.h"
#include "kernels/l2_pool/op.h"

namespace sinter {

void l2_pool_f32_reference(const Call* call) {
  const L2PoolParams& p = *static_cast<const L2PoolParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[L2_POOL_IN]);
  float* out = static_cast<float*>(call->slots[L2_POOL_OUT]);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, oy = row % p.out_h;
    const int64_t top = oy * p.stride_h - p.pad_top, y0 = top < 0 ? 0 : top;
    const int64_t y1 = top + p.kernel_h < p.in_h ? top + p.kernel_h : p.in_h;
    for (int64_t ox = 0; ox < p.out_w; ox++) {
      const int64_t left = ox * p.stride_w - p.pad_left, x0 = left < 0 ? 0 : left;
      const int64_t x1 = left + p.kernel_w < p.in_w ? left + p.kernel_w : p.in_w;
      const float inverse = 1.0f / static_cast<float>((y1 - y0) * (x1 - x0));
      for (int64_t c = 0; c < p.channels; c++) {
        float sum = 0;
        for (int64_t y = y0; y < y1; y++) {
          for (int64_t x = x0; x < x1; x++) {
            const float value = in[((b * p.in_h + y) * p.in_w + x) * p.channels + c];
            sum += value * value;
          }
        }
        const float root = sqrtf(sum * inverse);
        out[(row * p.out_w + ox) * p.channels + c] = root < p.act_min ? p.act_min : root > p.act_max ? p.act_max : root;
      }
    }
  });
}

}  // namespace sinter
