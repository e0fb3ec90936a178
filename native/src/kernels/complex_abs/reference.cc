// complex_abs, plainly. SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "kernels/complex_abs/op.h"

namespace sinter {

void complex_abs_f32_reference(const Call* call) {
  const ComplexAbsParams& p = *static_cast<const ComplexAbsParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[COMPLEX_ABS_IN]);
  float* out = static_cast<float*>(call->slots[COMPLEX_ABS_OUT]);
  for (int64_t i = 0; i < p.count; i++) {
    const double re = static_cast<double>(in[2 * i]), im = static_cast<double>(in[2 * i + 1]);
    out[i] = static_cast<float>(sqrt(re * re + im * im));
  }
}

}  // namespace sinter
