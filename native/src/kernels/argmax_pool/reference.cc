// argmax_pool, plainly. SPDX-License-Identifier: Apache-2.0
#include "kernels/argmax_pool/window.h"

namespace sinter {

void argmax_pool_f32_reference(const Call* call) {
  const ArgmaxPoolParams& p = *static_cast<const ArgmaxPoolParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[ARGMAX_POOL_IN]);
  float* values = static_cast<float*>(call->slots[ARGMAX_POOL_VALUES]);
  int32_t* places = static_cast<int32_t*>(call->slots[ARGMAX_POOL_PLACES]);
  for (int64_t b = 0; b < p.batch; b++) {
    for (int64_t y = 0; y < p.out_h; y++) {
      for (int64_t x = 0; x < p.out_w; x++) {
        for (int64_t c = 0; c < p.channels; c++) {
          float most = pixel(p, in, b, y, x, 0)[c];
          int32_t where = 0;
          for (int32_t place = 1; place < p.kernel_h * p.kernel_w; place++) {
            const float value = pixel(p, in, b, y, x, place)[c];
            if (value > most) {
              most = value;
              where = place;
            }
          }
          *values++ = most;
          *places++ = where;
        }
      }
    }
  }
}

}  // namespace sinter
