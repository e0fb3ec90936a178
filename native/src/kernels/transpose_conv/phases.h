// A transposed convolution as stride_h * stride_w plain ones. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
//
// Outputs whose y + pad_top leaves the remainder ry by the stride (and x + pad_left rx) see the same taps ry, ry +
// stride,
// ...: their phase. Over the input these taps are a window of ny x nx pixels without gaps, the last of which is at
// (y + pad_top) / stride. Packed weights are one after the other per phase, ry outermost, each as gemm's tiles with
// k = ny * nx * in_c, in the order of the input.
#ifndef SINTER_KERNELS_TRANSPOSE_CONV_PHASES_H_
#define SINTER_KERNELS_TRANSPOSE_CONV_PHASES_H_

#include <stdint.h>

#include "kernels/gemm/packing.h"
#include "kernels/gemm/packing_f32.h"
#include "kernels/gemm/packing_s16.h"
#include "kernels/transpose_conv/op.h"

namespace sinter {

enum PhaseForm { PHASE_S8, PHASE_S16, PHASE_F32 };

static inline int64_t phase_taps(int64_t kernel, int64_t stride, int64_t remainder) {
  return remainder < kernel ? (kernel - remainder + stride - 1) / stride : 0;
}
static inline int64_t phase_k(const TransposeConvParams& p, int64_t ry, int64_t rx) {
  return phase_taps(p.kernel_h, p.stride_h, ry) * phase_taps(p.kernel_w, p.stride_w, rx) * p.in_c;
}
static inline int64_t phase_tile_bytes(PhaseForm form, int64_t k) {
  return form == PHASE_S8    ? tile_bytes(tile_form_avx2, k)
         : form == PHASE_S16 ? s16_tile_bytes(k)
                             : 4 * f32_tile_floats(16, k);
}
static inline int64_t phase_bytes(const TransposeConvParams& p, PhaseForm form, int64_t ry, int64_t rx) {
  return (int64_t{p.out_c} + 15) / 16 * phase_tile_bytes(form, phase_k(p, ry, rx));
}

// Per thread: a panel of windows, then int32 per row what sums of uint8 lack. Panels take some 24 KiB, a multiple of
// the 6 rows of a tile, at least 6 and at most 96.
static inline int64_t phase_row_values(PhaseForm form, int64_t k) {
  return form == PHASE_F32 ? k : avx2_panel_stride(k);
}
static inline int64_t phase_rows(PhaseForm form, int64_t k) {
  const int64_t bytes = phase_row_values(form, k) * (form == PHASE_F32 ? 4 : 2);
  const int64_t fit = bytes == 0 ? 96 : 24576 / bytes / 6 * 6;
  return fit < 6 ? 6 : fit > 96 ? 96 : fit;
}
static inline int64_t phase_panel_bytes(const TransposeConvParams& p, PhaseForm form) {
  const int64_t longest = 6 * phase_row_values(form, phase_k(p, 0, 0)) * (form == PHASE_F32 ? 4 : 2);
  return ((longest < 24576 ? 24576 : longest) + 127) / 64 * 64;
}
static inline int64_t phase_thread_bytes(const TransposeConvParams& p, PhaseForm form) {
  return phase_panel_bytes(p, form) + 96 * 4;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_TRANSPOSE_CONV_PHASES_H_
