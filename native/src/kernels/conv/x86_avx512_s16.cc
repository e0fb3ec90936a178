// conv of int16 activations and int8 weights for AVX-512 VNNI: the image's rows are split into their high and their low
// bytes, two images as drive_vnni.h has them; a window's two sums are put together. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/tile_vnni.h"
//
#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/conv/split_s16.h"

namespace sinter {
namespace {

// Results of windows that lie `rows.stride` bytes apart, in both images: of output elements `at` on, `ldc` apart.
struct SplitConv {
  const ConvParams& p;
  const char* packed;
  int16_t* out;
  ConvBlock block;
  int64_t plane;
  int64_t n, one_tile, one_group;  // of one group of channels
  Bounds16 bounds;

  void multiply(VnniRows rows, int64_t group, int64_t at, int64_t ldc, char* sums) const {
    const char* of = packed + group * one_group;
    const uint8_t* first = rows.a;
    const int64_t all = rows.rows;
    for (int64_t n0 = 0; n0 < n; n0 += 64) {
      const int columns = n - n0 < 64 ? static_cast<int>(n - n0) : 64, width = (columns + 15) / 16 * 16;
      const char* tile = of + lanes16_bytes(n) + n0 / 64 * one_tile;
      char* low = sums + 4 * SPLIT_CONV_ROWS * width;
      for (int64_t r = 0; r < all; r += SPLIT_CONV_ROWS) {
        rows.rows = all - r < SPLIT_CONV_ROWS ? all - r : SPLIT_CONV_ROWS;
        rows.a = first + r * rows.stride;
        vnni_any_tile(rows, tile, VnniStore32{sums, width, width});
        rows.a += plane;
        vnni_any_tile(rows, tile, VnniStore32{low, width, width});
        any_split_results(p.requantization,
                          {reinterpret_cast<const int32_t*>(sums), reinterpret_cast<const int32_t*>(low), width},
                          rows.rows, columns, reinterpret_cast<const Lanes16*>(of) + n0 / 16, bounds,
                          out + at + r * ldc + group * n + n0, ldc);
      }
    }
  }

  // Output rows y0 .. y0 + count - 1 of image b: a window is kernel_h runs of bytes.
  void whole_rows(const int16_t* in, int64_t b, int64_t y0, int64_t count, uint8_t* own) const {
    const int64_t pitch = block.pitch, line = int64_t{p.in_w} * p.in_c, run = int64_t{p.kernel_w} * p.in_c;
    each_kept_line(p, block.sparse, y0, count, [&](int64_t i, int64_t iy) {
      split_padded(iy >= 0 && iy < p.in_h ? in + (b * p.in_h + iy) * line : nullptr, line, int64_t{p.pad_left} * p.in_c,
                   pitch, own + i * pitch, plane);
    });
    const KeptForm kept = kept_form(p, block.sparse, count);
    // Rows of a tile are pixels side by side, or, in narrow images, one above the other.
    const bool along_x = p.out_w >= count;
    const int64_t lines = along_x ? count : p.out_w, rows = along_x ? p.out_w : count;
    const int64_t step_x = int64_t{p.stride_w} * p.in_c, step_y = kept.step * pitch;
    const int64_t pixel = p.out_c, row = int64_t{p.out_w} * p.out_c, first = (b * p.out_h + y0) * row;
    for (int64_t l = 0; l < lines; l++) {
      const VnniRows windows = {own + l * (along_x ? step_y : step_x),
                                rows,
                                along_x ? step_x : step_y,
                                p.kernel_h,
                                kept.apart * pitch,
                                (run + 3) / 4,
                                nullptr};
      multiply(windows, 0, first + l * (along_x ? row : pixel), along_x ? pixel : row, sums_at(own));
    }
  }

  // `count` output pixels from pixel m0 on, of one group: windows are gathered.
  void pixels(const int16_t* in, int64_t m0, int64_t count, int64_t group, uint8_t* own) const {
    const int64_t channels = p.in_c / p.groups, image = int64_t{p.out_h} * p.out_w, pitch = block.pitch;
    for (int64_t r = 0; r < count; r++) {
      const int64_t m = m0 + r, b = m / image, y = m % image / p.out_w, x = m % image % p.out_w;
      gather_split(p, in + (b * p.in_h) * p.in_w * p.in_c, y, x, group * channels, channels, own + r * pitch, plane);
    }
    const VnniRows windows = {own, count, pitch, 1, 0, pitch / 4, nullptr};
    multiply(windows, group, m0 * p.out_c, p.out_c, sums_at(own));
  }

  char* sums_at(uint8_t* own) const {
    return reinterpret_cast<char*>(own + 2 * plane);
  }
};

}  // namespace

void conv_s16s8s16_avx512vnni(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p), all = int64_t{p.batch} * p.out_h * p.out_w;
  if (all == 0) return;
  const int16_t* in = static_cast<const int16_t*>(call->slots[CONV_IN]);
  const ConvBlock block = conv_block(p, call->workers->threads, false, false);
  const SplitConv conv = {p,
                          static_cast<const char*>(call->slots[CONV_WEIGHTS]),
                          static_cast<int16_t*>(call->slots[CONV_OUT]),
                          block,
                          split_plane(block.image_bytes),
                          n,
                          tile_bytes(tile_form_vnni_u8, k, p.kernel_h),
                          s16_split_bytes(n, k, p.kernel_h),
                          {p.out_min, p.out_max}};
  const int64_t rows = block.rows, own_bytes = split_conv_bytes(block);
  uint8_t* scratch = static_cast<uint8_t*>(call->scratch);
  if (block.whole) {
    const int64_t blocks = (p.out_h + rows - 1) / rows;
    parallel_for(call->workers, p.batch * blocks, [&](int64_t task, int thread) {
      const int64_t y0 = task % blocks * rows, left = p.out_h - y0;
      conv.whole_rows(in, task / blocks, y0, left < rows ? left : rows, scratch + thread * own_bytes);
    });
  } else {
    const int64_t blocks = (all + rows - 1) / rows;
    parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
      const int64_t m0 = task / p.groups * rows, left = all - m0;
      conv.pixels(in, m0, left < rows ? left : rows, task % p.groups, scratch + thread * own_bytes);
    });
  }
}

}  // namespace sinter
