// conv by AMX's tiles, in 8 bits or in bfloat16: windows are read in place from a padded copy of the image's lines
// under a block of outputs, or in the image itself, a run for each kernel row; where they are no runs, or runs that a
// tile's steps do not divide, they are gathered. In bfloat16 they are put together from such a copy. Internal
// linkage: ISA files include it. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_AMX_H_
#define SINTER_KERNELS_CONV_DRIVE_AMX_H_

#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/tile_amx.h"

namespace sinter {
namespace {

// A Kernel has In, the type of activations in memory, BYTES, those of a value as tiles take it, and
//   copy_line(from, count, left, width, to)   `width` values: `left` of padding, those of a line of `count`, padding;
//                                             null: padding alone. May write 63 bytes more
//   copy_values(from, count, to)              null: padding
//   parts()                                   what a group's columns are cut into, one after the other
//   multiply(tiles, windows, group, part, pixel, room)  results of windows from output pixel `pixel` on; `room`: what a
//                                             block keeps for that, from block.lacking on

// The lines of image b under `count` output lines from y0 on, with their padding.
template <class Kernel>
inline void amx_copy_lines(const ConvParams& p, const AmxConvBlock& block, const Kernel& kernel,
                           const typename Kernel::In* in, int64_t b, int64_t y0, int64_t count, uint8_t* own) {
  const int64_t line = int64_t{p.in_w} * p.in_c;
  const typename Kernel::In* image = in + b * p.in_h * line;
  each_kept_line(p, block.sparse, y0, count, [&](int64_t i, int64_t iy) {
    kernel.copy_line(iy >= 0 && iy < p.in_h ? image + iy * line : nullptr, line, int64_t{p.pad_left} * p.in_c,
                     block.pitch / Kernel::BYTES, own + i * block.pitch);
  });
}

template <class Kernel>
inline void amx_whole_lines(const ConvParams& p, const AmxConvBlock& block, const Kernel& kernel,
                            const typename Kernel::In* in, int64_t b, int64_t y0, int64_t count, uint8_t* own) {
  const int64_t pixel_bytes = int64_t{p.in_c} * Kernel::BYTES, first_pixel = (b * p.out_h + y0) * p.out_w;
  const uint8_t* lines = own;
  if (block.in_place) {
    lines = reinterpret_cast<const uint8_t*>(in) + (b * p.in_h + y0 * p.stride_h) * block.pitch;
  } else {
    amx_copy_lines(p, block, kernel, in, b, y0, count, own);
  }
  const KeptForm kept = kept_form(p, block.sparse, count);
  AmxRows windows = {
      lines, p.out_w, p.stride_w * pixel_bytes, p.kernel_h, kept.apart * block.pitch, block.steps, nullptr, nullptr,
      0,     {0, 0}};
  AmxTiles tiles;
  if (block.flat) {
    windows.lines = {p.out_w, block.pitch / pixel_bytes};
    windows.rows += (count - 1) * windows.lines.pitch;
  }
  for (int64_t part = 0; part < kernel.parts(); part++) {
    for (int64_t y = 0; y < (block.flat ? 1 : count); y++) {
      windows.a = lines + y * kept.step * block.pitch;
      kernel.multiply(&tiles, windows, 0, part, first_pixel + y * p.out_w, own + block.lacking);
    }
  }
  tiles.release();
}

// Windows of `count` output lines from y0 on, each a row of a matrix.
template <class Kernel>
inline void amx_together(const ConvParams& p, const AmxConvBlock& block, const Kernel& kernel,
                         const typename Kernel::In* in, int64_t b, int64_t y0, int64_t count, uint8_t* own) {
  amx_copy_lines(p, block, kernel, in, b, y0, count, own);
  const KeptForm kept = kept_form(p, block.sparse, count);
  const int64_t step = int64_t{p.stride_w} * p.in_c * Kernel::BYTES, pitch = kept.apart * block.pitch;
  const int64_t run = int64_t{p.kernel_w} * p.in_c * Kernel::BYTES, all = p.kernel_h * run;
  uint8_t *const windows = own + block.windows, *to = windows;
  for (int64_t y = 0; y < count; y++) {
    const uint8_t* from = own + y * kept.step * block.pitch;
    for (int64_t x = 0; x < p.out_w; x++, from += step, to += block.window) {
      for (int64_t i = 0; i < p.kernel_h; i++) {
        for (int64_t j = 0; j < run; j += AMX_WINDOW_CHUNK) {
          memcpy(to + i * run + j, from + i * pitch + j, AMX_WINDOW_CHUNK);
        }
      }
      if (all < block.window) memset(to + all, 0, Kernel::BYTES);
    }
  }
  const int64_t pixels = count * p.out_w;
  AmxRows rows = {windows, pixels, block.window, 1, 0, block.steps, nullptr, nullptr, 0, {0, 0}};
  if (block.steps.tail) {
    amx_fill_tail(windows, pixels, block.window, block.steps, own + block.tail);
    rows.tail = own + block.tail;
  }
  AmxTiles tiles;
  for (int64_t part = 0; part < kernel.parts(); part++) {
    kernel.multiply(&tiles, rows, 0, part, (b * p.out_h + y0) * p.out_w, own + block.lacking);
  }
  tiles.release();
}

template <class Kernel>
inline void amx_gathered(const ConvParams& p, const AmxConvBlock& block, const Kernel& kernel,
                         const typename Kernel::In* in, int64_t first_pixel, int64_t count, int64_t group,
                         uint8_t* own) {
  const int64_t channels = p.in_c / p.groups, plane = int64_t{p.out_h} * p.out_w;
  const int64_t run = p.kernel_w * channels * Kernel::BYTES, room = block.pitch / p.kernel_h;
  const bool one_run = p.groups == 1 && p.dilation_w == 1;
  int64_t b = first_pixel / plane, y = first_pixel % plane / p.out_w, x = first_pixel % plane % p.out_w;
  for (int64_t r = 0; r < count; r++) {
    uint8_t* out = own + r * block.pitch;
    for (int64_t i = 0; i < p.kernel_h; i++) {
      const int64_t iy = y * p.stride_h - p.pad_top + i * p.dilation_h, ix0 = x * p.stride_w - p.pad_left;
      const bool inside = iy >= 0 && iy < p.in_h;
      const auto values_at = [&](int64_t ix) {
        return in + ((b * p.in_h + iy) * p.in_w + ix) * p.in_c + group * channels;
      };
      if (one_run && inside && ix0 >= 0 && ix0 + p.kernel_w <= p.in_w) {
        kernel.copy_values(values_at(ix0), p.kernel_w * channels, out);
        out += run;
      } else {
        for (int64_t j = 0; j < p.kernel_w; j++, out += channels * Kernel::BYTES) {
          const int64_t ix = ix0 + j * p.dilation_w;
          kernel.copy_values(inside && ix >= 0 && ix < p.in_w ? values_at(ix) : nullptr, channels, out);
        }
      }
      if (Kernel::BYTES == 1) {  // in 8 bits each kernel row begins a group of its own
        for (int64_t j = run; j < room; j++) *out++ = 0;
      }
    }
    while (out < own + (r + 1) * block.pitch) *out++ = 0;
    if (++x == p.out_w) {
      x = 0;
      if (++y == p.out_h) {
        y = 0;
        b++;
      }
    }
  }
  AmxRows windows = {own, count, block.pitch, 1, 0, block.steps, nullptr, nullptr, 0, {0, 0}};
  if (block.steps.tail) {
    amx_fill_tail(own, count, block.pitch, block.steps, own + block.tail);
    windows.tail = own + block.tail;
  }
  AmxTiles tiles;
  for (int64_t part = 0; part < kernel.parts(); part++) {
    kernel.multiply(&tiles, windows, group, part, first_pixel, own + block.lacking);
  }
  tiles.release();
}

template <class Kernel>
inline void conv_amx(const Call* call, const AmxConvBlock& block, const Kernel& kernel) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const typename Kernel::In* in = static_cast<const typename Kernel::In*>(call->slots[CONV_IN]);
  const int64_t pixels = int64_t{p.batch} * p.out_h * p.out_w, rows = block.rows;
  uint8_t* scratch = static_cast<uint8_t*>(call->scratch);
  if (pixels == 0) return;
  if (block.whole || block.windows) {
    const int64_t blocks = (p.out_h + rows - 1) / rows;
    parallel_for(call->workers, p.batch * blocks, [&](int64_t task, int thread) {
      const int64_t y0 = task % blocks * rows, count = p.out_h - y0 < rows ? p.out_h - y0 : rows;
      uint8_t* own = scratch + thread * block.bytes;
      if constexpr (Kernel::BYTES == 2) {
        if (block.windows) {
          amx_together(p, block, kernel, in, task / blocks, y0, count, own);
          return;
        }
      }
      amx_whole_lines(p, block, kernel, in, task / blocks, y0, count, own);
    });
  } else {
    const int64_t blocks = (pixels + rows - 1) / rows;
    parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
      const int64_t m0 = task / p.groups * rows, left = pixels - m0;
      amx_gathered(p, block, kernel, in, m0, left < rows ? left : rows, task % p.groups,
                   scratch + thread * block.bytes);
    });
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_AMX_H_
