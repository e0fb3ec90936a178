// Where the floats under each window of a convolution stand: pointers to runs of them, one per row of the
// kernel. Runs inside the image are read in place; only those at its border are copied. Internal linkage:
// ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_WINDOWS_F32_H_
#define SINTER_KERNELS_CONV_WINDOWS_F32_H_

#include <stdint.h>

#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {

// A thread's scratch for `rows` windows: pointers [rows][kernel_h], then a run of zeros, then copied runs.
static inline int64_t window_rows_f32(const ConvParams& p, int mr) {
  const int64_t fit = 24576 / (4 * conv_k(p)) / mr * mr;
  return fit < mr ? mr : fit > 16 * mr ? 16 * mr : fit;
}
static inline int64_t window_run_f32(const ConvParams& p) {
  return int64_t{p.kernel_w} * (p.in_c / p.groups);
}
static inline int64_t window_pointer_bytes_f32(const ConvParams& p, int64_t rows) {
  return (rows * p.kernel_h * 8 + 63) / 64 * 64;
}
static inline int64_t window_bytes_f32(const ConvParams& p, int64_t rows) {
  const int64_t runs = rows * p.kernel_h + 1;
  return window_pointer_bytes_f32(p, rows) + (runs * window_run_f32(p) * 4 + 63) / 64 * 64;
}

struct WindowsF32 {
  const ConvParams* p;
  const float* in;
  const float** pointers;  // [row][kernel_h]
  float* zeros;
  float* copies;
  int64_t run;
  int64_t channels;
  // Output columns [inner, outer) and rows [upper, lower) have windows inside the image.
  int64_t inner, outer, upper, lower;
  bool in_place;  // a run is contiguous in the input
};

static inline void inside(int64_t stride, int64_t dilation, int64_t kernel, int64_t pad, int64_t size, int64_t* first,
                          int64_t* end) {
  *first = (pad + stride - 1) / stride;
  const int64_t reach = size - 1 - (kernel - 1) * dilation + pad;
  *end = reach < 0 ? 0 : reach / stride + 1;
}

static inline WindowsF32 make_windows_f32(const ConvParams& p, const float* in, void* scratch, int64_t rows) {
  WindowsF32 w;
  w.p = &p;
  w.in = in;
  w.pointers = static_cast<const float**>(scratch);
  w.zeros = reinterpret_cast<float*>(static_cast<char*>(scratch) + window_pointer_bytes_f32(p, rows));
  w.run = window_run_f32(p);
  w.copies = w.zeros + w.run;
  w.channels = p.in_c / p.groups;
  w.in_place = p.kernel_w == 1 || (p.dilation_w == 1 && p.groups == 1);
  inside(p.stride_w, p.dilation_w, p.kernel_w, p.pad_left, p.in_w, &w.inner, &w.outer);
  inside(p.stride_h, p.dilation_h, p.kernel_h, p.pad_top, p.in_h, &w.upper, &w.lower);
  for (int64_t i = 0; i < w.run; i++) w.zeros[i] = 0;
  return w;
}

// The run of one kernel row, copied: zeros left and right of the image.
static inline void copy_run_f32(const WindowsF32& w, const float* row, int64_t ix0, float* out) {
  const ConvParams& p = *w.p;
  for (int64_t j = 0; j < p.kernel_w; j++, out += w.channels) {
    const int64_t ix = ix0 + j * p.dilation_w;
    if (ix < 0 || ix >= p.in_w) {
      for (int64_t c = 0; c < w.channels; c++) out[c] = 0;
    } else {
      const float* pixel = row + ix * p.in_c;
      for (int64_t c = 0; c < w.channels; c++) out[c] = pixel[c];
    }
  }
}

// Finds the runs of `rows` windows of a group, from output pixel `first` (counted through the batch) on.
static inline void find_windows_f32(const WindowsF32& w, int64_t first, int64_t rows, int64_t group) {
  const ConvParams& p = *w.p;
  const int64_t plane = int64_t{p.out_h} * p.out_w;
  int64_t b = first / plane, y = first % plane / p.out_w, x = first % plane % p.out_w;
  const int64_t row_floats = int64_t{p.in_w} * p.in_c, tap_rows = p.dilation_h * row_floats;
  const float** pointer = w.pointers;
  float* copy = w.copies;
  for (int64_t r = 0; r < rows; r++) {
    const float* image = w.in + b * p.in_h * row_floats + group * w.channels;
    const int64_t iy0 = y * p.stride_h - p.pad_top, ix0 = x * p.stride_w - p.pad_left;
    if (w.in_place && x >= w.inner && x < w.outer) {
      if (y >= w.upper && y < w.lower) {
        const float* at = image + iy0 * row_floats + ix0 * p.in_c;
        for (int64_t i = 0; i < p.kernel_h; i++, at += tap_rows) *pointer++ = at;
      } else {
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = iy0 + i * p.dilation_h;
          *pointer++ = iy < 0 || iy >= p.in_h ? w.zeros : image + iy * row_floats + ix0 * p.in_c;
        }
      }
    } else {
      for (int64_t i = 0; i < p.kernel_h; i++) {
        const int64_t iy = iy0 + i * p.dilation_h;
        if (iy < 0 || iy >= p.in_h) {
          *pointer++ = w.zeros;
          continue;
        }
        copy_run_f32(w, image + iy * row_floats, ix0, copy);
        *pointer++ = copy;
        copy += w.run;
      }
    }
    if (++x == p.out_w) {
      x = 0;
      if (++y == p.out_h) {
        y = 0;
        b++;
      }
    }
  }
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_WINDOWS_F32_H_
