// conv in int8 and uint8 for AVX2: windows are read in place from a copy of the lines under a block of outputs, padded
// and widened to int16, a run for each kernel row; where they are no runs they are gathered. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_AVX2_H_
#define SINTER_KERNELS_CONV_DRIVE_AVX2_H_

#include "core/workers.h"
#include "kernels/conv/gather_avx2.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/tile_avx2.h"

namespace sinter {
namespace {

// Of a block of outputs, T: int8_t, or uint8_t with a zero point of the weights.
template <class T>
struct Avx2Product {
  static constexpr bool corrected = static_cast<T>(-1) > 0;
  const ConvParams& p;
  const T* in;
  const char* packed;
  T* out;
  Avx2ConvBlock block;
  Epilogue e;
  int64_t channels, n, run;  // of one group of channels; run: of a kernel row, values
  int64_t one_tile, one_group;

  // `count` rows by columns n0 .. of group g, results from output pixel m on, `pixels` of them from row to row.
  void multiply(const PairRows& rows, int64_t count, int64_t n0, int64_t g, int64_t m, int64_t pixels,
                const int32_t* lacking) const {
    const char* tile = packed + g * one_group + n0 / 16 * one_tile;
    const int columns = n - n0 < 16 ? static_cast<int>(n - n0) : 16;
    const int64_t ldc = pixels * p.out_c;
    T* c = out + m * p.out_c + g * n + n0;
    const int64_t tiles = (count + 5) / 6;
    for (int64_t i = 0; i < tiles; i++) {  // heights differ by one at most
      const int64_t first = i * count / tiles, height = (i + 1) * count / tiles - first;
      PairRows of = rows;
      of.a += first * rows.stride;
      with_rows(height, [&](auto constant) {
        if constexpr (corrected) {
          tile_u8<decltype(constant)::value>(of, tile, c + first * ldc, ldc, columns, e, lacking + first);
        } else {
          tile_s8<decltype(constant)::value>(of, tile, c + first * ldc, ldc, columns, e);
        }
      });
    }
  }

  // What the sums of `count` windows lack, modulo 2^32; their kernel rows are `pitch` apart. Reads up to 15 values
  // more.
  void sum_up(const int16_t* windows, int64_t stride, int64_t pitch, int64_t count, int32_t* lacking) const {
    alignas(32) static const int16_t ones_and_zeros[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const __m256i ones = widen16(ones_and_zeros), tail = widen16(ones_and_zeros + 16 - run % 16);
    const uint32_t factor = static_cast<uint32_t>(128 - p.w_zero_point);
    for (int64_t r = 0; r < count; r++) {
      __m256i sums = _mm256_setzero_si256();
      for (int64_t i = 0; factor != 0 && i < p.kernel_h; i++) {
        const int16_t* values = windows + r * stride + i * pitch;
        int64_t j = 0;
        for (; j + 16 <= run; j += 16) sums = _mm256_add_epi32(sums, _mm256_madd_epi16(widen16(values + j), ones));
        if (j < run) sums = _mm256_add_epi32(sums, _mm256_madd_epi16(widen16(values + j), tail));
      }
      lacking[r] = static_cast<int32_t>(factor * static_cast<uint32_t>(total(sums)));
    }
  }

  int64_t run_pairs() const {
    return (run + 1) / 2;
  }
};

// The image's line iy of what the outputs see, of group g's channels: pixels -pad_left on, those outside are the zero
// point.
template <class T>
inline void copy_line(const Avx2Product<T>& q, const T* image, int64_t iy, int64_t g, int16_t* to) {
  const ConvParams& p = q.p;
  const int16_t zero = static_cast<int16_t>(p.in_zero_point);
  const int64_t line = int64_t{p.in_w} * p.in_c, width = q.block.width, all = width * q.channels;
  const int64_t left = p.pad_left < width ? p.pad_left : width;
  const int64_t inner = p.in_w < width - left ? p.in_w : width - left;
  if (iy < 0 || iy >= p.in_h) {
    fill(to, all, zero);
    return;
  }
  const T* from = image + iy * line + g * q.channels;
  fill(to, left * q.channels, zero);
  if (p.groups == 1) {
    widen(from, inner * q.channels, to + left * q.channels);
  } else {
    for (int64_t x = 0; x < inner; x++) widen(from + x * p.in_c, q.channels, to + (left + x) * q.channels);
  }
  fill(to + (left + inner) * q.channels, all - (left + inner) * q.channels, zero);
}

// `count` lines of outputs from y0 on.
template <class T>
inline void whole_lines(const Avx2Product<T>& q, int64_t b, int64_t y0, int64_t count, int64_t g, char* own) {
  const ConvParams& p = q.p;
  int16_t* lines = reinterpret_cast<int16_t*>(own);
  int32_t* lacking = reinterpret_cast<int32_t*>(own + q.block.image_bytes);
  const T* image = q.in + b * p.in_h * p.in_w * p.in_c;
  each_kept_line(p, q.block.sparse, y0, count,
                 [&](int64_t i, int64_t iy) { copy_line(q, image, iy, g, lines + i * q.block.pitch); });
  const KeptForm kept = kept_form(p, q.block.sparse, count);
  // Rows of a tile are pixels side by side, or, in narrow images, one above the other.
  const bool along = p.out_w >= 6 || p.out_w >= count;
  const int64_t pixel = p.stride_w * q.channels, line = kept.step * q.block.pitch;
  const int64_t groups = along ? count : p.out_w, height = along ? p.out_w : count;
  const auto rows_of = [&](int64_t i) {
    return PairRows{lines + i * (along ? line : pixel), along ? pixel : line, q.run_pairs(), p.kernel_h,
                    kept.apart * q.block.pitch};
  };
  if constexpr (Avx2Product<T>::corrected) {
    for (int64_t i = 0; i < groups; i++) {
      const PairRows rows = rows_of(i);
      q.sum_up(rows.a, rows.stride, rows.pitch, height, lacking + i * height);
    }
  }
  const int64_t m = (b * p.out_h + y0) * p.out_w;
  for (int64_t n0 = 0; n0 < q.n; n0 += 16) {
    for (int64_t i = 0; i < groups; i++) {
      q.multiply(rows_of(i), height, n0, g, m + i * (along ? p.out_w : 1), along ? 1 : p.out_w, lacking + i * height);
    }
  }
}

// `count` output pixels from m0 on, of all images.
template <class T>
inline void gathered_windows(const Avx2Product<T>& q, int64_t m0, int64_t count, int64_t g, char* own) {
  const ConvParams& p = q.p;
  int16_t* windows = reinterpret_cast<int16_t*>(own);
  int32_t* lacking = reinterpret_cast<int32_t*>(own + q.block.image_bytes);
  const int64_t plane = int64_t{p.out_h} * p.out_w;
  for (int64_t r = 0; r < count; r++) {
    const int64_t m = m0 + r;
    gather(p, q.in + m / plane * p.in_h * p.in_w * p.in_c, m % plane / p.out_w, m % plane % p.out_w, g * q.channels,
           q.channels, 2 * q.run_pairs(), windows + r * q.block.pitch);
  }
  const PairRows rows = pair_rows(windows, q.block.pitch, p.kernel_h * q.run_pairs());
  if constexpr (Avx2Product<T>::corrected) q.sum_up(windows, q.block.pitch, 2 * q.run_pairs(), count, lacking);
  for (int64_t n0 = 0; n0 < q.n; n0 += 16) q.multiply(rows, count, n0, g, m0, 1, lacking);
}

template <class T>
inline void conv_8(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  constexpr bool corrected = Avx2Product<T>::corrected;
  const int32_t shift = corrected ? 128 : 0;
  const int64_t channels = p.in_c / p.groups, n = p.out_c / p.groups, k = conv_k(p);
  const int threads = call->workers->threads;
  const Avx2Product<T> q = {p,
                            static_cast<const T*>(call->slots[CONV_IN]),
                            static_cast<const char*>(call->slots[CONV_WEIGHTS]),
                            static_cast<T*>(call->slots[CONV_OUT]),
                            avx2_conv_block(p, threads, corrected),
                            make_epilogue(p.out_zero_point - shift, p.out_min - shift, p.out_max - shift),
                            channels,
                            n,
                            p.kernel_w * channels,
                            tile_bytes(tile_form_avx2, k, p.kernel_h),
                            packed_tiles_bytes(tile_form_avx2, n, k, p.kernel_h)};
  const int64_t pixels = p.batch * int64_t{p.out_h} * p.out_w, rows = q.block.rows;
  if (pixels == 0) return;
  char* scratch = static_cast<char*>(call->scratch);
  // Blocks of lines do not reach over the end of an image.
  const int64_t of_one = q.block.whole ? p.out_h : pixels, blocks = (of_one + rows - 1) / rows;
  const int64_t images = q.block.whole ? p.batch : 1;
  parallel_for(call->workers, images * blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t block = task / p.groups, g = task % p.groups, first = block % blocks * rows;
    const int64_t count = of_one - first < rows ? of_one - first : rows;
    char* own = scratch + thread * q.block.bytes;
    if (q.block.whole) {
      whole_lines(q, block / blocks, first, count, g, own);
    } else {
      gathered_windows(q, first, count, g, own);
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_AVX2_H_
