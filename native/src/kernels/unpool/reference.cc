// unpool, plainly. SPDX-License-Identifier: Apache-2.0
#include "kernels/unpool/op.h"

namespace sinter {

void unpool_f32_reference(const Call* call) {
  const UnpoolParams& p = *static_cast<const UnpoolParams*>(call->params);
  const float* values = static_cast<const float*>(call->slots[UNPOOL_VALUES]);
  const int32_t* places = static_cast<const int32_t*>(call->slots[UNPOOL_PLACES]);
  float* out = static_cast<float*>(call->slots[UNPOOL_OUT]);
  const int64_t out_h = int64_t{p.in_h} * p.kernel_h, out_w = int64_t{p.in_w} * p.kernel_w;
  for (int64_t b = 0; b < p.batch; b++) {
    for (int64_t y = 0; y < out_h; y++) {
      for (int64_t x = 0; x < out_w; x++) {
        const int64_t from = ((b * p.in_h + y / p.kernel_h) * p.in_w + x / p.kernel_w) * p.channels;
        const int64_t place = x % p.kernel_w * p.kernel_h + y % p.kernel_h;
        for (int64_t c = 0; c < p.channels; c++) *out++ = places[from + c] == place ? values[from + c] : 0.0f;
      }
    }
  }
}

}  // namespace sinter
