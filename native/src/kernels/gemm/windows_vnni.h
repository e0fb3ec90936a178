// Windows of kept lines (kept_lines.h) as rows of the tiles of VNNI. For files that include tile_vnni.h or
// tile_avxvnni.h before. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_WINDOWS_VNNI_H_
#define SINTER_KERNELS_GEMM_WINDOWS_VNNI_H_

#include <stdint.h>

namespace sinter {
namespace {

// Windows of outputs, `pixels` of each of `lines`; a window is `runs` runs of `run` bytes, `pitch` bytes apart. Steps
// are bytes from window to window, c's elements from result to result.
struct VnniWindows {
  const uint8_t* a;
  int64_t lines, pixels, line_step, pixel_step;
  int64_t runs, pitch, run;
  int64_t c_line_step, c_pixel_step;
  // What sums lack is this times a window's sum, 0 for nothing; `lacking` has room for one of each window.
  int32_t factor;
  int32_t* lacking;
};

// multiply(const VnniRows& rows, const char* tile, int64_t n0, int columns, int64_t at, int64_t ldc): by columns n0 ..
// n0 + columns - 1; results begin `at` elements behind those of the first window, a row's ldc behind the one before.
template <class Multiply>
inline void vnni_windows(const VnniWindows& w, const char* tiles, int64_t one_tile, int64_t n,
                         const Multiply& multiply) {
  // Rows of a tile are pixels side by side, or, in narrow images, one above the other.
  const bool along = w.pixels >= w.lines;
  const int64_t rows = along ? w.pixels : w.lines, groups = along ? w.lines : w.pixels;
  const int64_t step = along ? w.pixel_step : w.line_step, group_step = along ? w.line_step : w.pixel_step;
  const int64_t c_step = along ? w.c_pixel_step : w.c_line_step;
  const int64_t c_group_step = along ? w.c_line_step : w.c_pixel_step;
  const auto rows_of = [&](int64_t g, const int32_t* lacking) {
    return VnniRows{w.a + g * group_step, rows, step, w.runs, w.pitch, (w.run + 3) / 4, lacking};
  };
  for (int64_t g = 0; w.factor != 0 && g < groups; g++) {
    vnni_lacking(rows_of(g, nullptr), w.run, w.factor, w.lacking + g * rows);
  }
  for (int64_t n0 = 0; n0 < n; n0 += 64) {
    const int columns = n - n0 < 64 ? static_cast<int>(n - n0) : 64;
    for (int64_t g = 0; g < groups; g++) {
      multiply(rows_of(g, w.factor != 0 ? w.lacking + g * rows : nullptr), tiles + n0 / 64 * one_tile, n0, columns,
               g * c_group_step + n0, c_step);
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_WINDOWS_VNNI_H_
