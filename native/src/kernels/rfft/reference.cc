// rfft, plainly: every sum by its definition. SPDX-License-Identifier: Apache-2.0
#include "kernels/rfft/op.h"

namespace sinter {

void rfft_f32_reference(const Call* call) {
  const RfftParams& p = *static_cast<const RfftParams*>(call->params);
  const double* roots_w = static_cast<const double*>(call->slots[RFFT_ROOTS]);
  const double* roots_h = roots_w + 2 * static_cast<int64_t>(p.fft_w);
  const int64_t height = p.in_h < p.fft_h ? p.in_h : p.fft_h, width = p.in_w < p.fft_w ? p.in_w : p.fft_w;
  const int64_t columns = p.fft_w / 2 + 1;
  for (int64_t b = 0; b < p.batch; b++) {
    const float* in = static_cast<const float*>(call->slots[RFFT_IN]) + b * p.in_h * p.in_w;
    float* out = static_cast<float*>(call->slots[RFFT_OUT]) + b * p.fft_h * columns * 2;
    for (int64_t u = 0; u < p.fft_h; u++) {
      for (int64_t v = 0; v < columns; v++) {
        double re = 0, im = 0;
        for (int64_t y = 0; y < height; y++) {
          double row_re = 0, row_im = 0;
          for (int64_t x = 0; x < width; x++) {
            const double* root = roots_w + 2 * (v * x & (p.fft_w - 1));
            const double value = static_cast<double>(in[y * p.in_w + x]);
            row_re += value * root[0];
            row_im += value * root[1];
          }
          const double* root = roots_h + 2 * (u * y & (p.fft_h - 1));
          re += row_re * root[0] - row_im * root[1];
          im += row_re * root[1] + row_im * root[0];
        }
        out[(u * columns + v) * 2] = static_cast<float>(re);
        out[(u * columns + v) * 2 + 1] = static_cast<float>(im);
      }
    }
  }
}

}  // namespace sinter
