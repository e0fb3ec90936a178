// transpose_conv in int8 and uint8 by gemm's tiles of VNNI: windows are read in place from a padded copy of the lines
// under a block of outputs. For files that include tile_vnni.h or tile_avxvnni.h before. SPDX-License-Identifier:
// Apache-2.0
#ifndef SINTER_KERNELS_TRANSPOSE_CONV_DRIVE_VNNI_H_
#define SINTER_KERNELS_TRANSPOSE_CONV_DRIVE_VNNI_H_

#include "core/workers.h"
#include "kernels/gemm/windows_vnni.h"
#include "kernels/transpose_conv/phases.h"

namespace sinter {
namespace {

// Outputs of one phase in a block: the first, and how many there are along a line and of lines.
struct PhasePart {
  int64_t line, x;  // of positions: within the block, and along a line behind first_x
  int64_t lines, pixels;
};

inline PhasePart phase_part(const TransposeConvParams& p, const PhaseBlock& b, int64_t at, int64_t count, int64_t ry,
                            int64_t rx) {
  // The first and last position whose output is inside.
  const int64_t y0 = b.first_y * p.stride_h + ry < p.pad_top ? 1 : 0;
  const int64_t x0 = b.first_x * p.stride_w + rx < p.pad_left ? 1 : 0;
  const int64_t below = int64_t{p.out_h} - 1 + p.pad_top - ry, right = int64_t{p.out_w} - 1 + p.pad_left - rx;
  const int64_t y1 = below < 0 ? -1 : below / p.stride_h - b.first_y;
  const int64_t x1 = right < 0 ? -1 : right / p.stride_w - b.first_x;
  const int64_t first = y0 > at ? y0 : at, end = y1 + 1 < at + count ? y1 + 1 : at + count;
  return {first - at, x0, end - first, x1 - x0 + 1};
}

// Lines iy .. iy + lines - 1 of the input, those outside and pixels outside are the zero point. Signed bytes become
// unsigned here. May write up to 63 bytes more.
inline void copy_lines(const TransposeConvParams& p, const PhaseBlock& b, const uint8_t* image, int64_t iy,
                       int64_t lines, uint8_t flip, uint8_t* to) {
  const int64_t first = b.first_x - b.wide + 1;  // pixel of the input
  const int64_t skipped = first > 0 ? first : 0, left = first < 0 ? -first : 0;
  for (int64_t i = 0; i < lines; i++, iy++, to += b.kept.pitch) {
    const bool inside = iy >= 0 && iy < p.in_h && skipped < p.in_w;
    vnni_copy_padded(inside ? image + (iy * p.in_w + skipped) * p.in_c : nullptr, (p.in_w - skipped) * p.in_c,
                     left * p.in_c, b.kept.pitch, static_cast<uint8_t>(p.in_zero_point), flip, to);
  }
}

// T: int8_t, or uint8_t with a zero point of the weights.
template <class T>
inline void transpose_conv_8(const Call* call) {
  constexpr bool is_unsigned = static_cast<T>(-1) > 0;
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[TRANSPOSE_CONV_IN]);
  const char* weights = static_cast<const char*>(call->slots[TRANSPOSE_CONV_WEIGHTS]);
  char* out = static_cast<char*>(call->slots[TRANSPOSE_CONV_OUT]);
  const PhaseBlock b = phase_block(p, call->workers->threads, is_unsigned);
  if (b.positions == 0) return;
  const VnniEpilogue e = make_vnni_epilogue(is_unsigned, p.out_zero_point, p.out_min, p.out_max);
  const int64_t pitch = b.kept.pitch, blocks = (b.positions + b.kept.rows - 1) / b.kept.rows;
  parallel_for(call->workers, p.batch * blocks, [&](int64_t task, int thread) {
    uint8_t* image = static_cast<uint8_t*>(call->scratch) + thread * b.kept.bytes;
    const int64_t batch = task / blocks, at = task % blocks * b.kept.rows;
    const int64_t count = b.positions - at < b.kept.rows ? b.positions - at : b.kept.rows;
    copy_lines(p, b, in + batch * p.in_h * p.in_w * p.in_c, b.first_y + at - b.tall + 1, count + b.tall - 1,
               is_unsigned ? 0 : 0x80, image);
    const char* packed = weights;
    for (int64_t ry = 0; ry < p.stride_h; ry++) {
      const int64_t ny = phase_taps(p.kernel_h, p.stride_h, ry), runs = phase_runs(p, ry);
      for (int64_t rx = 0; rx < p.stride_w; packed += phase_bytes(p, PHASE_VNNI, ry, rx), rx++) {
        const PhasePart part = phase_part(p, b, at, count, ry, rx);
        if (part.lines < 1 || part.pixels < 1) continue;
        const int64_t nx = phase_taps(p.kernel_w, p.stride_w, rx), k = phase_k(p, ry, rx);
        const VnniWindows windows = {image + (part.line + b.tall - ny) * pitch + (part.x + b.wide - nx) * p.in_c,
                                     part.lines,
                                     part.pixels,
                                     pitch,
                                     p.in_c,
                                     runs,
                                     pitch,
                                     k / runs,
                                     int64_t{p.stride_h} * p.out_w * p.out_c,
                                     int64_t{p.stride_w} * p.out_c,
                                     is_unsigned ? 128 - p.w_zero_point : 0,
                                     reinterpret_cast<int32_t*>(image + b.kept.image_bytes)};
        const int64_t y = (b.first_y + at + part.line) * p.stride_h + ry - p.pad_top;
        const int64_t x = (b.first_x + part.x) * p.stride_w + rx - p.pad_left;
        char* first = out + ((batch * p.out_h + y) * p.out_w + x) * p.out_c;
        vnni_windows(windows, packed, tile_bytes(tile_form_vnni, k, runs), p.out_c,
                     [&](const VnniRows& rows, const char* tile, int64_t, int columns, int64_t c, int64_t ldc) {
                       vnni_tile_8(rows, tile, first + c, ldc, columns, e);
                     });
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_TRANSPOSE_CONV_DRIVE_VNNI_H_
