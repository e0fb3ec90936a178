// Positions in a convolution, for every row of conv. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_SHAPE_H_
#define SINTER_KERNELS_CONV_SHAPE_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/gemm/kept_lines.h"
#include "kernels/gemm/packing.h"

namespace sinter {

// Products per output: taps times the channels of one group.
static inline int64_t conv_k(const ConvParams& p) {
  return int64_t{p.kernel_h} * p.kernel_w * (p.in_c / p.groups);
}

// Where value i of the window of output (b, y, x) and of group g stands in the input; -1: outside of the image.
static inline int64_t conv_input(const ConvParams& p, int64_t b, int64_t y, int64_t x, int64_t g, int64_t i) {
  const int64_t channels = p.in_c / p.groups;
  const int64_t iy = y * p.stride_h - p.pad_top + i / channels / p.kernel_w * p.dilation_h;
  const int64_t ix = x * p.stride_w - p.pad_left + i / channels % p.kernel_w * p.dilation_w;
  if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) return -1;
  return ((b * p.in_h + iy) * p.in_w + ix) * p.in_c + g * channels + i % channels;
}

// How lines of the image are kept for a block of output lines: those under it one after the other, or, where windows
// are dilated so far (or stride over so much) that most of these would be read by none, for each kernel row the lines
// that it reads.
struct KeptForm {
  int64_t step;   // kept lines from what an output line sees to what the next one does
  int64_t apart;  // from a kernel row to the next
};
static inline KeptForm kept_form(const ConvParams& p, bool sparse, int64_t count) {
  return sparse ? KeptForm{1, count} : KeptForm{p.stride_h, p.dilation_h};
}
// Whether `rows` output lines see fewer lines, each counted for every kernel row that reads it, than they reach over.
static inline bool kept_are_sparse(const ConvParams& p, int64_t rows) {
  return (rows - 1) * p.stride_h + int64_t{p.kernel_h - 1} * p.dilation_h + 1 > rows * p.kernel_h;
}
// f(kept line, the image's line that it is) for what `count` output lines from y0 on see.
template <class F>
inline void each_kept_line(const ConvParams& p, bool sparse, int64_t y0, int64_t count, const F& f) {
  const int64_t iy0 = y0 * p.stride_h - p.pad_top;
  if (sparse) {
    for (int64_t i = 0; i < p.kernel_h; i++) {
      for (int64_t y = 0; y < count; y++) f(i * count + y, iy0 + i * p.dilation_h + y * p.stride_h);
    }
    return;
  }
  const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1, lines = (count - 1) * p.stride_h + tall;
  for (int64_t i = 0; i < lines; i++) f(i, iy0 + i);
}

// How the VNNI rows cut a convolution into blocks of output rows, and what a thread keeps of the image for one: the
// rows under it with their padding ("whole": a window's row is then one run of bytes), of one group's channels alone,
// or, where windows are dilated, the windows of some pixels, each kernel row rounded up to 4 bytes.
struct ConvBlock {
  bool whole;
  bool sparse;          // whole: of the lines those that are read (kept_form)
  int64_t rows;         // whole: output rows, else output pixels
  int64_t pitch;        // whole: bytes of a row of the image, else of a window
  int64_t image_bytes;  // rounded up to 64; behind it, for u8, int32 for each output pixel: what its sums lack
  int64_t bytes;        // of a thread; -1: more than can be counted
};

// by_group: whether channels of a group are kept apart; else windows of groups are gathered.
static inline ConvBlock conv_block(const ConvParams& p, int threads, bool corrected, bool by_group = true) {
  const int64_t channels = p.in_c / p.groups;
  ConvBlock b = {(p.groups == 1 || by_group) && p.dilation_w == 1, false, 1, 0, 0, -1};
  if (p.out_w < 1 || int64_t{p.batch} * p.out_h < 1) {
    b.bytes = 0;
    return b;
  }
  if (!b.whole) {
    b.pitch = p.kernel_h * ((p.kernel_w * channels + 3) / 4 * 4);
    const int64_t fit = 16384 / b.pitch / 48 * 48;
    b.rows = fit < 48 ? 48 : fit > 480 ? 480 : fit;
    b.image_bytes = (b.rows * b.pitch + 63) / 64 * 64;
    b.bytes = b.image_bytes + (corrected ? 4 * b.rows : 0);
    return b;
  }
  const int64_t width = int64_t{p.out_w - 1} * p.stride_w + p.kernel_w;
  const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1;
  KeptLines kept = kept_lines({p.batch, p.out_h, p.out_w, width, channels, tall, p.stride_h}, threads, corrected);
  b.sparse = kept_are_sparse(p, kept.rows);
  if (b.sparse) {
    kept = kept_lines({p.batch, p.out_h, p.out_w, width, channels, p.kernel_h, p.kernel_h}, threads, corrected);
  }
  b.rows = kept.rows;
  b.pitch = kept.pitch;
  b.image_bytes = kept.image_bytes;
  b.bytes = kept.bytes;
  return b;
}

// The same for AVX2, in int16: lines of the image, or windows whose kernel rows are rounded up to pairs.
struct Avx2ConvBlock {
  bool whole;
  bool sparse;                 // as in ConvBlock
  int64_t rows;                // whole: output rows, else output pixels
  int64_t pitch;               // values of a line, or of a window
  int64_t width;               // whole: pixels of a line that windows see
  int64_t image_bytes, bytes;  // as in ConvBlock
};

static inline Avx2ConvBlock avx2_conv_block(const ConvParams& p, int threads, bool corrected) {
  const int64_t channels = p.in_c / p.groups;
  // Tiles of rows do not reach over a line's end: maps of a few pixels are gathered. So are windows that see few of a
  // line's pixels.
  const bool few = p.out_w < 4 && p.out_h < 4;
  const bool dense = int64_t{p.out_w - 1} * p.stride_w + p.kernel_w <= int64_t{2} * p.out_w * p.kernel_w;
  Avx2ConvBlock b = {p.dilation_w == 1 && dense && !few, false, 1, 0, 0, 0, -1};
  if (p.out_w < 1 || int64_t{p.batch} * p.out_h < 1) {
    b.bytes = 0;
    return b;
  }
  if (b.whole) {
    b.width = int64_t{p.out_w - 1} * p.stride_w + p.kernel_w;
    const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1;
    KeptLines kept =
        kept_lines({p.batch, p.out_h, p.out_w, b.width, 2 * channels, tall, p.stride_h}, threads, corrected);
    b.sparse = kept_are_sparse(p, kept.rows);
    if (b.sparse) {
      kept = kept_lines({p.batch, p.out_h, p.out_w, b.width, 2 * channels, p.kernel_h, p.kernel_h}, threads, corrected);
    }
    b.rows = kept.rows;
    b.pitch = kept.pitch / 2;
    b.image_bytes = kept.image_bytes;
    b.bytes = kept.bytes;
  }
  if (!b.whole) {
    b.pitch = p.kernel_h * ((p.kernel_w * channels + 1) / 2 * 2);
    const int64_t fit = 12288 / b.pitch / 6 * 6;
    b.rows = fair_rows(int64_t{p.batch} * p.out_h * p.out_w, fit < 6 ? 6 : fit > 96 ? 96 : fit, 6, threads);
    b.image_bytes = (b.rows * b.pitch * 2 + 63) / 64 * 64;
    b.bytes = b.image_bytes + (corrected ? (4 * b.rows + 63) / 64 * 64 : 0);
  }
  return b;
}

// Scratch for so many threads of them, or fewer: the most that any cut takes. packing.cc
int64_t conv_vnni_scratch(const void* params, int threads, bool corrected);

// Bytes that x86_avx512vbmi.cc may read behind a thread's part: 15 windows and a vector.
constexpr int64_t CONV_NARROW_OVERREAD = 320;

// Rows of int16 keep two of them, the planes of high and of low bytes, `split_plane` bytes apart, since what is written
// is whole vectors; behind them the VNNI row has the sums of some rows of windows by a tile of columns, in both planes.
static const int64_t SPLIT_CONV_ROWS = 64;
// Of one image: more are refused before they are counted.
static const int64_t SPLIT_MOST_BYTES = int64_t{1} << 40;
static inline int64_t split_plane(int64_t bytes) {
  return (bytes + 127) / 64 * 64;
}
static inline int64_t split_conv_bytes(const ConvBlock& b) {
  return 2 * split_plane(b.image_bytes) + 2 * SPLIT_CONV_ROWS * 64 * 4;
}

// The same for AMX (drive_amx.h), activations as tiles take them: value_bytes is 1, or 2 for bfloat16. "whole" asks for
// runs that a tile's steps divide. Where a run of bfloat16 is odd, so that pairs would reach past it, or steps do not
// divide it, windows are put together from the lines. More bytes than for VNNI: what they cost to bring is shared by
// more products.
struct AmxConvBlock {
  bool whole;
  bool in_place;  // whole, with lines that need no padding and are read where they are
  bool sparse;    // of the lines those that are read (kept_form)
  bool flat;      // whole, with windows that follow each other at one distance, lines too
  int64_t rows;   // whole or put together: output lines, else output pixels
  int64_t pitch;
  int64_t windows, window;  // put together: where they stand and bytes of one; else 0
  int64_t tail, lacking;    // offsets: what last steps read (gemm/packing.h), int32 for each window of a block
  int64_t bytes;            // of a thread; -1: more than can be counted
  AmxSteps steps;
};

// Copying a run of a window moves so many bytes at a time, past its end, too.
constexpr int64_t AMX_WINDOW_CHUNK = 32;

// Sizes of a block of windows that are put together, of lines `pitch` bytes long: as many lines as fit.
static inline void amx_windows_together(const ConvParams& p, int64_t run, int threads, int64_t target,
                                        AmxConvBlock* b) {
  const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1;
  b->window = (p.kernel_h * run + 3) / 4 * 4;
  b->steps = amx_steps(b->window);
  int64_t of_windows, line;  // bytes for a line of outputs
  if (__builtin_mul_overflow(int64_t{p.out_w}, b->window + 64, &of_windows) ||
      __builtin_mul_overflow(p.stride_h, b->pitch, &line) || __builtin_add_overflow(line, of_windows, &line)) {
    return;
  }
  const int64_t fit = target / line;
  b->rows = fair_rows(int64_t{p.batch} * p.out_h, fit < 1 ? 1 : fit > p.out_h ? p.out_h : fit, 1, threads);
  b->sparse = kept_are_sparse(p, b->rows);
  const int64_t lines = b->sparse ? b->rows * p.kernel_h : (b->rows - 1) * p.stride_h + tall;
  if (__builtin_mul_overflow(lines, b->pitch, &b->windows) ||
      __builtin_mul_overflow(b->rows, of_windows, &of_windows) ||
      __builtin_add_overflow(b->windows, int64_t{127}, &b->windows)) {
    return;
  }
  b->windows = b->windows / 64 * 64;
  const int64_t copied = b->rows * p.out_w * b->window + AMX_WINDOW_CHUNK;
  if (__builtin_add_overflow(b->windows, (copied + 63) / 64 * 64, &b->tail) ||
      __builtin_add_overflow(b->tail, b->steps.tail ? of_windows : 0, &b->bytes)) {
    b->bytes = -1;
  }
}

// Bytes of a copy of lines.
constexpr int64_t AMX_IMAGE_BYTES = 98304;

// as_they_are: the image has such values.
static inline AmxConvBlock amx_conv_block(const ConvParams& p, int threads, int64_t value_bytes, bool as_they_are,
                                          bool corrected, int64_t target = AMX_IMAGE_BYTES) {
  const int64_t run = p.kernel_w * (p.in_c / p.groups) * value_bytes, padded = (run + 3) / 4 * 4;
  AmxConvBlock b = {};
  b.bytes = -1;
  b.steps = amx_steps(padded);
  b.steps.bytes = run;
  b.whole = p.groups == 1 && p.dilation_w == 1 && !b.steps.tail && (value_bytes == 1 || run % 4 == 0);
  b.flat = b.whole && p.stride_h == 1 && p.stride_w == 1;
  const int64_t out_rows = int64_t{p.batch} * p.out_h;
  if (p.out_w < 1 || out_rows < 1) {
    b.bytes = 0;
    return b;
  }
  const int64_t width = int64_t{p.out_w - 1} * p.stride_w + p.kernel_w;
  const int64_t tall = int64_t{p.kernel_h - 1} * p.dilation_h + 1;
  if (__builtin_mul_overflow(width, int64_t{p.in_c} * value_bytes, &b.pitch)) return b;
  if (value_bytes == 2 && !b.whole && p.groups == 1 && p.dilation_w == 1) {
    amx_windows_together(p, run, threads, target, &b);
    return b;
  }
  if (!b.whole) {
    b.pitch = value_bytes == 1 ? p.kernel_h * padded : (p.kernel_h * run + 3) / 4 * 4;
    b.steps = amx_steps(b.pitch);
    const int64_t fit = target / b.pitch / 32 * 32;
    b.rows = fit < 32 ? 32 : fit > 480 ? 480 : fit;
    b.tail = (b.rows * b.pitch + 63) / 64 * 64;
    b.lacking = b.tail + (b.steps.tail ? b.rows * 64 : 0);
    b.bytes = b.lacking + (corrected ? b.rows * 4 : 0);
    return b;
  }
  b.in_place = as_they_are && p.pad_left == 0 && p.pad_top == 0 && width <= p.in_w &&
               int64_t{p.out_h - 1} * p.stride_h + tall <= p.in_h;
  if (b.in_place) b.pitch = int64_t{p.in_w} * p.in_c * value_bytes;
  const auto rows_of = [&](int64_t fit) {
    fit = fit < 1 ? 1 : fit > p.out_h ? p.out_h : fit;
    const int64_t blocks = (p.out_h + fit - 1) / fit;
    return fair_rows(out_rows, (p.out_h + blocks - 1) / blocks, 1, threads);
  };
  b.rows = rows_of(b.pitch <= target ? (target / b.pitch - tall) / p.stride_h + 1 : 1);
  b.sparse = !b.in_place && kept_are_sparse(p, b.rows);
  if (b.sparse) b.rows = rows_of(target / b.pitch / p.kernel_h);
  const int64_t lines = b.sparse ? b.rows * p.kernel_h : (b.rows - 1) * p.stride_h + tall;
  int64_t more;
  if (__builtin_mul_overflow(b.in_place ? 0 : lines, b.pitch, &b.lacking) ||
      __builtin_mul_overflow(4 * b.rows, b.in_place ? int64_t{p.in_w} : width, &more) ||
      __builtin_add_overflow(b.lacking, int64_t{127}, &b.lacking)) {
    return b;
  }
  b.lacking = b.lacking / 64 * 64;
  if (__builtin_add_overflow(b.lacking, corrected ? (more + 63) / 64 * 64 : 0, &b.bytes)) b.bytes = -1;
  return b;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_SHAPE_H_
