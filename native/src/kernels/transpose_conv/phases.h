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

#include "kernels/gemm/kept_lines.h"
#include "kernels/gemm/packing.h"
#include "kernels/gemm/packing_f32.h"
#include "kernels/gemm/packing_s16.h"
#include "kernels/transpose_conv/op.h"

namespace sinter {

// PHASE_VNNI: bytes of either sign in tiles of VNNI, where each row of a phase's taps begins a group of its own.
enum PhaseForm { PHASE_S8, PHASE_S16, PHASE_F32, PHASE_VNNI };

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
// A phase without taps, where the kernel is shorter than the stride, is one empty run.
static inline int64_t phase_runs(const TransposeConvParams& p, int64_t ry) {
  const int64_t taps = phase_taps(p.kernel_h, p.stride_h, ry);
  return taps < 1 ? 1 : taps;
}
static inline int64_t phase_bytes(const TransposeConvParams& p, PhaseForm form, int64_t ry, int64_t rx) {
  if (form == PHASE_VNNI) return packed_tiles_bytes(tile_form_vnni, p.out_c, phase_k(p, ry, rx), phase_runs(p, ry));
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

// What the VNNI rows keep of an image: outputs whose (y + pad_top) / stride_h is the same see the same lines of the
// input, and are one line of kept_lines.h: a position, of pixels whose (x + pad_left) / stride_w differs. Kept lines
// begin at pixel first_x - wide + 1 of the input.
struct PhaseBlock {
  int64_t first_y, positions;  // of the whole image; 0: there are no outputs
  int64_t first_x, pixels;     // along a line
  int64_t tall, wide;          // most taps of a phase
  KeptLines kept;
};

static inline PhaseBlock phase_block(const TransposeConvParams& p, int threads, bool corrected) {
  PhaseBlock b = {};
  if (p.out_h < 1 || p.out_w < 1 || p.batch < 1) return b;
  b.tall = phase_taps(p.kernel_h, p.stride_h, 0);
  b.wide = phase_taps(p.kernel_w, p.stride_w, 0);
  b.first_y = p.pad_top / p.stride_h;
  b.first_x = p.pad_left / p.stride_w;
  b.positions = (int64_t{p.out_h} - 1 + p.pad_top) / p.stride_h - b.first_y + 1;
  b.pixels = (int64_t{p.out_w} - 1 + p.pad_left) / p.stride_w - b.first_x + 1;
  b.kept = kept_lines({p.batch, b.positions, b.pixels, b.pixels + b.wide - 1, p.in_c, b.tall, 1}, threads, corrected);
  return b;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_TRANSPOSE_CONV_PHASES_H_
