// conv in int8 and uint8 by gemm's tiles of VNNI: windows are read in place from a padded copy of the rows under a
// block of outputs, a run of bytes for each kernel row; where they are no runs they are gathered. For files that
// include tile_vnni.h or tile_avxvnni.h before. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_VNNI_H_
#define SINTER_KERNELS_CONV_DRIVE_VNNI_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/packing.h"
#include "kernels/gemm/windows_vnni.h"

namespace sinter {
namespace {

// What the rows of both ways need.
struct Product {
  const ConvParams& p;
  const uint8_t* in;
  const char* packed;
  char* out;
  ConvBlock block;
  VnniEpilogue e;
  int64_t n, k, one_tile, one_group;  // of one group of channels
  uint8_t zero, flip;
  bool corrected;
};

// What both ways hand to `multiply`: rows of pixels by a tile of columns n0 .. n0 + columns - 1 of group g; results
// begin `at` elements into the output, a row's ldc behind the one before.
//   multiply(const VnniRows& rows, const char* tile, int64_t g, int64_t n0, int columns, int64_t at, int64_t ldc)

// ---- windows in place -----------------------------------------------------------------------------

// The image's line iy of what the outputs see, of group g's channels: pixels -pad_left on, those outside are the zero
// point. Signed bytes become unsigned here: as they are broadcast, the xor takes a place beside each product. May write
// up to 63 bytes more.
inline void copy_line(const Product& q, const uint8_t* image, int64_t iy, int64_t g, uint8_t* to) {
  const ConvParams& p = q.p;
  const int64_t channels = p.in_c / p.groups, line = int64_t{p.in_w} * p.in_c, left = p.pad_left * channels;
  const bool inside = iy >= 0 && iy < p.in_h;
  if (p.groups == 1 || !inside) {
    vnni_copy_padded(inside ? image + iy * line : nullptr, line, left, q.block.pitch, q.zero, q.flip, to);
    return;
  }
  if (channels < 1) __builtin_unreachable();  // checked before; compilers warn of copies of less than nothing
  // What is written past a pixel, the next one writes over.
  const int64_t room = q.block.pitch / channels - p.pad_left, pixels = room < p.in_w ? room : p.in_w;
  const uint8_t* from = image + iy * line + g * channels;
  uint8_t* at = to;
  const int padding = q.zero ^ q.flip;
  memset(at, padding, static_cast<size_t>(left < q.block.pitch ? left : q.block.pitch));
  at += left;
  for (int64_t j = 0; j < pixels; j++, at += channels, from += p.in_c) {
    vnni_copy_padded(from, channels, 0, channels, q.zero, q.flip, at);
  }
  if (at < to + q.block.pitch) memset(at, padding, static_cast<size_t>(to + q.block.pitch - at));
}

template <class Multiply>
inline void whole_rows(const Product& q, int64_t b, int64_t y0, int64_t count, int64_t g, uint8_t* own,
                       const Multiply& multiply) {
  const ConvParams& p = q.p;
  const int64_t channels = p.in_c / p.groups, pitch = q.block.pitch;
  const uint8_t* image = q.in + b * p.in_h * p.in_w * p.in_c;
  // In the order of places, since what is written past a line, the next one writes over.
  each_kept_line(p, q.block.sparse, y0, count,
                 [&](int64_t i, int64_t iy) { copy_line(q, image, iy, g, own + i * pitch); });
  const KeptForm kept = kept_form(p, q.block.sparse, count);
  const VnniWindows windows = {own,
                               count,
                               p.out_w,
                               kept.step * pitch,
                               p.stride_w * channels,
                               p.kernel_h,
                               kept.apart * pitch,
                               p.kernel_w * channels,
                               int64_t{p.out_w} * p.out_c,
                               p.out_c,
                               q.corrected ? 128 - p.w_zero_point : 0,
                               reinterpret_cast<int32_t*>(own + q.block.image_bytes)};
  const int64_t c = (b * p.out_h + y0) * p.out_w * p.out_c + g * q.n;
  vnni_windows(windows, q.packed + g * q.one_group, q.one_tile, q.n,
               [&](const VnniRows& rows, const char* tile, int64_t n0, int columns, int64_t at, int64_t ldc) {
                 multiply(rows, tile, g, n0, columns, c + at, ldc);
               });
}

// ---- gathered windows -----------------------------------------------------------------------------

// One window of a group's channels, each kernel row rounded up to 4 bytes, unsigned.
inline void gather(const Product& q, const uint8_t* image, int64_t y, int64_t x, int64_t c0, int64_t channels,
                   uint8_t* out) {
  const ConvParams& p = q.p;
  const int64_t iy0 = y * p.stride_h - p.pad_top, ix0 = x * p.stride_w - p.pad_left;
  const int64_t run = p.kernel_w * channels;
  for (int64_t i = 0; i < p.kernel_h; i++, out += (run + 3) / 4 * 4) {
    const int64_t iy = iy0 + i * p.dilation_h;
    for (int64_t j = 0; j < p.kernel_w; j++) {
      const int64_t ix = ix0 + j * p.dilation_w;
      if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) {
        memset(out + j * channels, q.zero, static_cast<size_t>(channels));
      } else {
        memcpy(out + j * channels, image + (iy * p.in_w + ix) * p.in_c + c0, static_cast<size_t>(channels));
      }
    }
    for (int64_t j = run; j % 4 != 0; j++) out[j] = 0;
    for (int64_t j = 0; q.flip != 0 && j < run; j++) out[j] ^= q.flip;
  }
}

template <class Multiply>
inline void gathered_pixels(const Product& q, int64_t m0, int64_t count, int64_t g, uint8_t* own,
                            const Multiply& multiply) {
  const ConvParams& p = q.p;
  const int64_t channels = p.in_c / p.groups, plane = int64_t{p.out_h} * p.out_w, pitch = q.block.pitch;
  int32_t* lacking = reinterpret_cast<int32_t*>(own + q.block.image_bytes);
  int64_t b = m0 / plane, y = m0 % plane / p.out_w, x = m0 % plane % p.out_w;
  for (int64_t r = 0; r < count; r++) {
    gather(q, q.in + b * p.in_h * p.in_w * p.in_c, y, x, g * channels, channels, own + r * pitch);
    if (++x == p.out_w) {
      x = 0;
      if (++y == p.out_h) {
        y = 0;
        b++;
      }
    }
  }
  VnniRows pixels = {own, count, pitch, 1, 0, pitch / 4, nullptr};
  if (q.corrected) {
    vnni_lacking(pixels, pitch, 128 - p.w_zero_point, lacking);  // bytes between rows are zero
    pixels.lacking = lacking;
  }
  for (int64_t n0 = 0; n0 < q.n; n0 += 64) {
    const int columns = q.n - n0 < 64 ? static_cast<int>(q.n - n0) : 64;
    multiply(pixels, q.packed + g * q.one_group + n0 / 64 * q.one_tile, g, n0, columns, m0 * p.out_c + g * q.n + n0,
             p.out_c);
  }
}

// T: int8_t, or uint8_t with a zero point of the weights.
template <class T>
inline void conv_8(const Call* call) {
  constexpr bool is_unsigned = static_cast<T>(-1) > 0;
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p), plane = int64_t{p.out_h} * p.out_w;
  const int threads = call->workers->threads;
  if (p.batch * plane == 0) return;
  const Product q = {p,
                     static_cast<const uint8_t*>(call->slots[CONV_IN]),
                     static_cast<const char*>(call->slots[CONV_WEIGHTS]),
                     static_cast<char*>(call->slots[CONV_OUT]),
                     conv_block(p, threads, is_unsigned),
                     make_vnni_epilogue(is_unsigned, p.out_zero_point, p.out_min, p.out_max),
                     n,
                     k,
                     tile_bytes(tile_form_vnni, k, p.kernel_h),
                     packed_tiles_bytes(tile_form_vnni, n, k, p.kernel_h),
                     static_cast<uint8_t>(p.in_zero_point),
                     static_cast<uint8_t>(is_unsigned ? 0 : 0x80),
                     is_unsigned && p.w_zero_point != 128};
  const auto multiply = [&](const VnniRows& pixels, const char* tile, int64_t, int64_t, int columns, int64_t at,
                            int64_t ldc) { vnni_tile_8(pixels, tile, q.out + at, ldc, columns, q.e); };
  const int64_t rows = q.block.rows;
  uint8_t* scratch = static_cast<uint8_t*>(call->scratch);
  if (q.block.whole) {
    const int64_t blocks = (p.out_h + rows - 1) / rows;
    parallel_for(call->workers, p.batch * blocks * p.groups, [&](int64_t task, int thread) {
      const int64_t lines = task / p.groups, y0 = lines % blocks * rows, left = p.out_h - y0;
      whole_rows(q, lines / blocks, y0, left < rows ? left : rows, task % p.groups, scratch + thread * q.block.bytes,
                 multiply);
    });
  } else {
    const int64_t pixels = p.batch * plane, blocks = (pixels + rows - 1) / rows;
    parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
      const int64_t m0 = task / p.groups * rows, left = pixels - m0;
      gathered_pixels(q, m0, left < rows ? left : rows, task % p.groups, scratch + thread * q.block.bytes, multiply);
    });
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_VNNI_H_
