// How the rows of conv in float and, for vdpbf16ps, in bfloat16 walk the output: windows are rows of gemm's product,
// read in place from rows of the image or from a padded copy of those under a block of output rows, which rounds to
// bfloat16. Internal linkage: ISA files include it.
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

// A Kernel has In, Value, Out: what the image, the windows and the results are made of; AS_THEY_ARE, whether an image
// has values that need no copy;
//   copy(from, count, to)  values of `count` elements of the image, none where count is below 1
//   strips(n, rows), multiply(rows, weights, results, columns)   as strip_f32.h has them
//   thread_bytes(), of_thread(at)   what it needs for itself per thread, and the kernel that has it
template <class Kernel>
struct ConvStrips {
  typedef typename Kernel::In In;
  typedef typename Kernel::Value Value;
  typedef typename Kernel::Out Out;
  const ConvParams& p;
  Kernel kernel;
  const In* in;
  const float* packed;
  Out* out;
  ImageF32 image;
  int64_t n, one_tile, one_group;  // of one group of channels
};

struct ConvF32 {
  typedef float In, Value, Out;
  enum { AS_THEY_ARE = 1 };
  StripKernelF32 of;

  static void copy(const float* from, int64_t count, float* to) {
    if (count > 0) memcpy(to, from, static_cast<size_t>(count) * 4);
  }
  StripsF32 strips(int64_t n, int64_t rows) const {
    return of.strips(n, rows);
  }
  void multiply(const FloatRows& rows, const FloatWeights& weights, const FloatResults& results, int columns) const {
    of.multiply(rows, weights, results, columns);
  }
  int64_t thread_bytes() const {
    return 0;
  }
  ConvF32 of_thread(char*) const {
    return *this;
  }
};

template <class Value>
inline void zero_values(Value* to, int64_t count) {
  if (count > 0) memset(to, 0, static_cast<size_t>(count) * sizeof(Value));
}

// Rows iy0 .. iy0 + rows - 1 of what the outputs see of group g's channels of an image, from pixel -pad_left on.
template <class Q>
inline void copy_rows(const Q& q, const typename Q::In* image, int64_t iy0, int64_t rows, int64_t g,
                      typename Q::Value* to) {
  const ConvParams& p = q.p;
  const int64_t channels = p.in_c / p.groups, in_row = int64_t{p.in_w} * p.in_c;
  const int64_t pitch = q.image.pitch, pad = p.pad_left * channels, across = p.in_w * channels;
  const int64_t left = pad < pitch ? pad : pitch;
  const int64_t inside = pitch - left < across ? pitch - left : across;
  for (int64_t iy = iy0; iy < iy0 + rows; iy++, to += pitch) {
    if (iy < 0 || iy >= p.in_h) {
      zero_values(to, pitch);
      continue;
    }
    zero_values(to, left);
    const typename Q::In* from = image + iy * in_row + g * channels;
    if (p.groups == 1) {
      q.kernel.copy(from, inside, to + left);
    } else {
      for (int64_t i = 0; i < inside; i += channels, from += p.in_c) q.kernel.copy(from, channels, to + left + i);
    }
    zero_values(to + left + inside, pitch - left - inside);
  }
}

// Windows of `count` outputs side by side, in rows of the image that begin at `from`.
template <class Q>
inline void put_windows_together(const Q& q, const typename Q::Value* from, int64_t count, typename Q::Value* to) {
  const ConvParams& p = q.p;
  const int64_t channels = p.in_c / p.groups, step = p.stride_w * channels, run = p.kernel_w * channels;
  const int64_t pitch = p.dilation_h * q.image.pitch, window = q.image.window;
  constexpr int64_t some = WINDOW_SLACK / 2;
  for (int64_t x = 0; x < count; x++, from += step, to += window) {
    for (int64_t i = 0; i < p.kernel_h; i++) {
      for (int64_t j = 0; j < run; j += some) memcpy(to + i * run + j, from + i * pitch + j, some * sizeof(*to));
    }
    zero_values(to + p.kernel_h * run, window - p.kernel_h * run);
  }
}

// Group g of `count` rows of outputs of image b from y0 on.
template <class Q>
inline void whole_rows(const Q& q, int64_t b, int64_t y0, int64_t count, int64_t g, typename Q::Value* own) {
  typedef typename Q::Value Value;
  const ConvParams& p = q.p;
  const int64_t pitch = q.image.pitch, iy0 = y0 * p.stride_h - p.pad_top, channels = p.in_c / p.groups;
  const typename Q::In* image = q.in + b * p.in_h * p.in_w * p.in_c;
  const Value* a = own;
  if (q.image.in_place) {
    a = reinterpret_cast<const Value*>(image) + iy0 * pitch;
  } else {
    copy_rows(q, image, iy0, (count - 1) * p.stride_h + int64_t{p.kernel_h - 1} * p.dilation_h + 1, g, own);
  }
  // Rows of the product are pixels side by side, or, in narrow images, one above the other: by the image, not by how
  // many of its rows these are, since sums of three taps side by side have an order of their own.
  const int64_t step_x = p.stride_w * channels, step_y = p.stride_h * pitch;
  const int64_t out_x = p.out_c, out_y = int64_t{p.out_w} * p.out_c;
  const bool apart = q.image.windows > 0, along_x = apart || p.out_w >= 16 || p.out_w >= p.out_h;
  const int64_t lines = along_x ? count : p.out_w, line = along_x ? step_y : step_x;
  const int64_t out_line = along_x ? out_y : out_x;
  StripRows<Value> rows = {a,          along_x ? p.out_w : count, along_x ? step_x : step_y,
                           p.kernel_h, p.dilation_h * pitch,      p.kernel_w * channels};
  StripResults<typename Q::Out> results = {nullptr, along_x ? out_x : out_y, p.act_min, p.act_max};
  typename Q::Out* c = q.out + (b * p.out_h + y0) * out_y + g * q.n;
  const float* packed = q.packed + g * q.one_group;
  const auto multiply = [&](const StripsF32& strips, int64_t s, int64_t l, bool first) {
    const int64_t n0 = strips.first_column(s), after = strips.first_column(s + 1);
    const bool more = first && s + 1 < strips.count;
    results.c = c + l * out_line + n0;
    q.kernel.multiply(rows, packed_strip_f32(packed, q.one_tile, n0, after, more), results,
                      static_cast<int>((q.n < after ? q.n : after) - n0));
  };
  const StripsF32 strips = q.kernel.strips(q.n, rows.rows);
  if (apart) {
    rows = {own + q.image.windows, p.out_w, q.image.window, 1, 0, q.image.window};
    for (int64_t l = 0; l < lines; l++) {
      put_windows_together(q, a + l * line, p.out_w, own + q.image.windows);
      for (int64_t s = 0; s < strips.count; s++) multiply(strips, s, l, false);
    }
    return;
  }
  for (int64_t s = 0; s < strips.count; s++) {
    for (int64_t l = 0; l < lines; l++) {
      rows.a = a + l * line;
      multiply(strips, s, l, l == 0);
    }
  }
}

// A window that is dilated across, of a group's channels from channel c0 on.
template <class Q>
inline void gather(const Q& q, const typename Q::In* image, int64_t y, int64_t x, int64_t c0, int64_t channels,
                   typename Q::Value* to) {
  const ConvParams& p = q.p;
  for (int64_t i = 0; i < p.kernel_h; i++) {
    const int64_t iy = y * p.stride_h - p.pad_top + i * p.dilation_h;
    for (int64_t j = 0; j < p.kernel_w; j++, to += channels) {
      const int64_t ix = x * p.stride_w - p.pad_left + j * p.dilation_w;
      if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) {
        zero_values(to, channels);
      } else {
        q.kernel.copy(image + (iy * p.in_w + ix) * p.in_c + c0, channels, to);
      }
    }
  }
}

// Group g of `count` output pixels, counted through the batch, from m0 on.
template <class Q>
inline void gathered_pixels(const Q& q, int64_t m0, int64_t count, int64_t g, typename Q::Value* own) {
  const ConvParams& p = q.p;
  const int64_t channels = p.in_c / p.groups, plane = int64_t{p.out_h} * p.out_w, pitch = q.image.pitch;
  const int64_t k = conv_k(p);
  for (int64_t r = 0; r < count; r++) {
    const int64_t m = m0 + r;
    gather(q, q.in + m / plane * p.in_h * p.in_w * p.in_c, m % plane / p.out_w, m % plane % p.out_w, g * channels,
           channels, own + r * pitch);
    zero_values(own + r * pitch + k, pitch - k);
  }
  const StripRows<typename Q::Value> rows = {own, count, pitch, 1, 0, pitch};
  const StripsF32 strips = q.kernel.strips(q.n, count);
  for (int64_t s = 0; s < strips.count; s++) {
    const int64_t n0 = strips.first_column(s), after = strips.first_column(s + 1);
    const StripResults<typename Q::Out> results = {q.out + m0 * p.out_c + g * q.n + n0, p.out_c, p.act_min, p.act_max};
    q.kernel.multiply(rows, packed_strip_f32(q.packed + g * q.one_group, q.one_tile, n0, after, s + 1 < strips.count),
                      results, static_cast<int>((q.n < after ? q.n : after) - n0));
  }
}

// one_tile, one_group: floats of a packed tile and of a group's tiles.
template <class Kernel>
inline void conv_strips(const Call* call, const Kernel& kernel, int64_t one_tile, int64_t one_group,
                        int64_t image_bytes = 0) {
  typedef typename Kernel::In In;
  typedef typename Kernel::Value Value;
  typedef typename Kernel::Out Out;
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t pixels = int64_t{p.batch} * p.out_h * p.out_w;
  if (pixels < 1) return;
  const ConvStrips<Kernel> q = {p,
                                kernel,
                                static_cast<const In*>(call->slots[CONV_IN]),
                                static_cast<const float*>(call->slots[CONV_WEIGHTS]),
                                static_cast<Out*>(call->slots[CONV_OUT]),
                                image_f32(p, call->workers->threads, sizeof(Value), Kernel::AS_THEY_ARE, image_bytes),
                                p.out_c / p.groups,
                                one_tile,
                                one_group};
  const int64_t rows = q.image.rows;
  const int64_t own_bytes = q.image.bytes + kernel.thread_bytes();
  const auto scratch = [&](int thread) {
    return reinterpret_cast<Value*>(static_cast<char*>(call->scratch) + thread * own_bytes);
  };
  const auto of_thread = [&](int thread) {
    ConvStrips<Kernel> own = q;
    own.kernel = kernel.of_thread(reinterpret_cast<char*>(scratch(thread)) + q.image.bytes);
    return own;
  };
  if (q.image.whole) {
    const int64_t blocks = (p.out_h + rows - 1) / rows;
    parallel_for(call->workers, p.batch * blocks * p.groups, [&](int64_t task, int thread) {
      const int64_t block = task / p.groups, y0 = block % blocks * rows, left = p.out_h - y0;
      whole_rows(of_thread(thread), block / blocks, y0, left < rows ? left : rows, task % p.groups, scratch(thread));
    });
  } else {
    const int64_t blocks = (pixels + rows - 1) / rows;
    parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
      const int64_t m0 = task / p.groups * rows, left = pixels - m0;
      gathered_pixels(of_thread(thread), m0, left < rows ? left : rows, task % p.groups, scratch(thread));
    });
  }
}

inline void conv_f32(const Call* call, const StripKernelF32& kernel) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  conv_strips(call, ConvF32{kernel}, f32_tile_floats(16, k), f32_tiles_bytes(16, n, k) / 4);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_F32_H_
