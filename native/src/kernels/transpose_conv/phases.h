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

#include "core/workers.h"
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

// How the VNNI rows cut an image: outputs whose (y + pad_top) / stride_h is the same see the same lines of the input. A
// task is some of these positions, and a thread keeps the lines that they see, with their padding, so that a window's
// row is one run of bytes. Lines are `width` pixels from `first_x` - (most taps of a phase) + 1 on.
struct PhaseBlock {
  int64_t first_y, positions, rows;  // positions: of the whole image; rows: of a task
  int64_t first_x, pixels;           // positions along a line
  int64_t tall, wide;                // most taps of a phase
  int64_t pitch, image_bytes;        // image_bytes: a multiple of 64; behind it, for u8, int32 per pixel of a phase
  int64_t bytes;                     // of a thread; -1: more than can be counted
};

static inline PhaseBlock phase_block(const TransposeConvParams& p, int threads, bool corrected) {
  PhaseBlock b = {};
  if (p.out_h < 1 || p.out_w < 1 || p.batch < 1) return b;
  b.bytes = -1;
  b.tall = phase_taps(p.kernel_h, p.stride_h, 0);
  b.wide = phase_taps(p.kernel_w, p.stride_w, 0);
  b.first_y = p.pad_top / p.stride_h;
  b.first_x = p.pad_left / p.stride_w;
  b.positions = (int64_t{p.out_h} - 1 + p.pad_top) / p.stride_h - b.first_y + 1;
  b.pixels = (int64_t{p.out_w} - 1 + p.pad_left) / p.stride_w - b.first_x + 1;
  // A window's last group may read 3 bytes on.
  if (__builtin_mul_overflow(b.pixels + b.wide - 1, int64_t{p.in_c}, &b.pitch)) return b;
  if (__builtin_add_overflow(b.pitch, int64_t{3 + 15}, &b.pitch)) return b;
  b.pitch = b.pitch / 16 * 16;
  const int64_t target = 24576;
  const int64_t fit = b.pitch <= target ? target / b.pitch - b.tall + 1 : 1;
  b.rows = fair_rows(int64_t{p.batch} * b.positions, fit < 1 ? 1 : fit, 1, threads);
  b.rows = b.rows < 1 ? 1 : b.rows > b.positions ? b.positions : b.rows;
  int64_t more;
  if (__builtin_mul_overflow(b.rows + b.tall - 1, b.pitch, &b.image_bytes) ||
      __builtin_mul_overflow(4 * b.rows, b.pixels, &more) ||
      __builtin_add_overflow(b.image_bytes, int64_t{63 + 64}, &b.image_bytes)) {
    return b;
  }
  b.image_bytes = b.image_bytes / 64 * 64;
  if (__builtin_add_overflow(b.image_bytes, corrected ? (more + 63) / 64 * 64 : 0, &b.bytes)) b.bytes = -1;
  return b;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_TRANSPOSE_CONV_PHASES_H_
