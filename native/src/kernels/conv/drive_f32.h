// How the float rows of conv walk the output: windows are rows of gemm's product, read in place from rows of the image
// or from a padded copy of those under a block of output rows. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_F32_H_
#define SINTER_KERNELS_CONV_DRIVE_F32_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/conv/image_f32.h"
#include "kernels/gemm/packing_f32.h"
#include "kernels/gemm/strip_f32.h"

namespace sinter {
namespace {

struct ConvF32 {
  const ConvParams& p;
  const StripKernelF32& kernel;
  const float *in, *packed;
  float* out;
  ImageF32 image;
  int64_t n, one_tile, one_group;  // of one group of channels
};

inline void zero_floats(float* to, int64_t count) {
  if (count > 0) memset(to, 0, static_cast<size_t>(count) * 4);
}
inline void copy_floats(const float* from, int64_t count, float* to) {
  if (count > 0) memcpy(to, from, static_cast<size_t>(count) * 4);
}

// Rows iy0 .. iy0 + rows - 1 of what the outputs see of an image, from pixel -pad_left on.
inline void copy_rows(const ConvF32& q, const float* image, int64_t iy0, int64_t rows, float* to) {
  const ConvParams& p = q.p;
  const int64_t pitch = q.image.pitch, in_row = int64_t{p.in_w} * p.in_c, pad = int64_t{p.pad_left} * p.in_c;
  const int64_t left = pad < pitch ? pad : pitch;
  const int64_t inside = pitch - left < in_row ? pitch - left : in_row;
  for (int64_t iy = iy0; iy < iy0 + rows; iy++, to += pitch) {
    if (iy < 0 || iy >= p.in_h) {
      zero_floats(to, pitch);
      continue;
    }
    zero_floats(to, left);
    copy_floats(image + iy * in_row, inside, to + left);
    zero_floats(to + left + inside, pitch - left - inside);
  }
}

// `count` rows of outputs of image b from y0 on.
inline void whole_rows(const ConvF32& q, int64_t b, int64_t y0, int64_t count, float* own) {
  const ConvParams& p = q.p;
  const int64_t pitch = q.image.pitch, iy0 = y0 * p.stride_h - p.pad_top;
  const float* image = q.in + b * p.in_h * p.in_w * p.in_c;
  const float* a = own;
  if (q.image.in_place) {
    a = image + iy0 * pitch;
  } else {
    copy_rows(q, image, iy0, (count - 1) * p.stride_h + int64_t{p.kernel_h - 1} * p.dilation_h + 1, own);
  }
  // Rows of the product are pixels side by side, or, in narrow images, one above the other.
  const int64_t step_x = int64_t{p.stride_w} * p.in_c, step_y = p.stride_h * pitch;
  const int64_t out_x = p.out_c, out_y = int64_t{p.out_w} * p.out_c;
  const bool along_x = p.out_w >= count;
  const int64_t lines = along_x ? count : p.out_w, line = along_x ? step_y : step_x;
  const int64_t out_line = along_x ? out_y : out_x;
  FloatRows rows = {a,          along_x ? p.out_w : count, along_x ? step_x : step_y,
                    p.kernel_h, p.dilation_h * pitch,      int64_t{p.kernel_w} * p.in_c};
  FloatResults results = {nullptr, along_x ? out_x : out_y, p.act_min, p.act_max};
  float* c = q.out + (b * p.out_h + y0) * out_y;
  const StripsF32 strips = q.kernel.strips(q.n, rows.rows);
  for (int64_t s = 0; s < strips.count; s++) {
    const int64_t n0 = strips.first_column(s), after = strips.first_column(s + 1);
    const int columns = static_cast<int>((q.n < after ? q.n : after) - n0);
    FloatWeights weights = packed_strip_f32(q.packed, q.one_tile, n0, after, s + 1 < strips.count);
    for (int64_t l = 0; l < lines; l++) {
      rows.a = a + l * line;
      results.c = c + l * out_line + n0;
      q.kernel.multiply(rows, weights, results, columns);
      weights.next = nullptr;
    }
  }
}

// A window of a group's channels, from channel c0 on.
inline void gather(const ConvF32& q, const float* image, int64_t y, int64_t x, int64_t c0, int64_t channels,
                   float* to) {
  const ConvParams& p = q.p;
  for (int64_t i = 0; i < p.kernel_h; i++) {
    const int64_t iy = y * p.stride_h - p.pad_top + i * p.dilation_h;
    for (int64_t j = 0; j < p.kernel_w; j++, to += channels) {
      const int64_t ix = x * p.stride_w - p.pad_left + j * p.dilation_w;
      if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) {
        zero_floats(to, channels);
      } else {
        copy_floats(image + (iy * p.in_w + ix) * p.in_c + c0, channels, to);
      }
    }
  }
}

// Group g of `count` output pixels, counted through the batch, from m0 on.
inline void gathered_pixels(const ConvF32& q, int64_t m0, int64_t count, int64_t g, float* own) {
  const ConvParams& p = q.p;
  const int64_t channels = p.in_c / p.groups, plane = int64_t{p.out_h} * p.out_w, pitch = q.image.pitch;
  for (int64_t r = 0; r < count; r++) {
    const int64_t m = m0 + r;
    gather(q, q.in + m / plane * p.in_h * p.in_w * p.in_c, m % plane / p.out_w, m % plane % p.out_w, g * channels,
           channels, own + r * pitch);
  }
  const FloatRows rows = {own, count, pitch, 1, 0, pitch};
  const StripsF32 strips = q.kernel.strips(q.n, count);
  for (int64_t s = 0; s < strips.count; s++) {
    const int64_t n0 = strips.first_column(s), after = strips.first_column(s + 1);
    const FloatResults results = {q.out + m0 * p.out_c + g * q.n + n0, p.out_c, p.act_min, p.act_max};
    q.kernel.multiply(rows, packed_strip_f32(q.packed + g * q.one_group, q.one_tile, n0, after, s + 1 < strips.count),
                      results, static_cast<int>((q.n < after ? q.n : after) - n0));
  }
}

inline void conv_f32(const Call* call, const StripKernelF32& kernel) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p), pixels = int64_t{p.batch} * p.out_h * p.out_w;
  if (pixels < 1) return;
  const ConvF32 q = {p,
                     kernel,
                     static_cast<const float*>(call->slots[CONV_IN]),
                     static_cast<const float*>(call->slots[CONV_WEIGHTS]),
                     static_cast<float*>(call->slots[CONV_OUT]),
                     image_f32(p, call->workers->threads),
                     n,
                     f32_tile_floats(16, k),
                     f32_tiles_bytes(16, n, k) / 4};
  const int64_t rows = q.image.rows;
  const auto scratch = [&](int thread) {
    return reinterpret_cast<float*>(static_cast<char*>(call->scratch) + thread * q.image.bytes);
  };
  if (q.image.whole) {
    const int64_t blocks = (p.out_h + rows - 1) / rows;
    parallel_for(call->workers, p.batch * blocks, [&](int64_t task, int thread) {
      const int64_t y0 = task % blocks * rows, left = p.out_h - y0;
      whole_rows(q, task / blocks, y0, left < rows ? left : rows, scratch(thread));
    });
  } else {
    const int64_t blocks = (pixels + rows - 1) / rows;
    parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
      const int64_t m0 = task / p.groups * rows, left = pixels - m0;
      gathered_pixels(q, m0, left < rows ? left : rows, task % p.groups, scratch(thread));
    });
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_F32_H_
