// transpose_conv for AVX2, all types: per phase, windows are gathered into gemm's panel and meet its tiles.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/tile_avx2_f32.h"
#include "kernels/gemm/tile_avx2_s16.h"
#include "kernels/transpose_conv/phases.h"

namespace sinter {
namespace {

inline void widen(const float* in, int64_t count, float* out) {
  memcpy(out, in, static_cast<size_t>(4 * count));
}

template <class Panel>
inline void fill(Panel* out, int64_t count, Panel value) {
  for (int64_t i = 0; i < count; i++) out[i] = value;
}

// ny rows of nx pixels from (iy, ix) on; pixels outside are `zero`.
template <class T, class Panel>
inline void gather(const TransposeConvParams& p, const T* image, int64_t iy, int64_t ix, int64_t ny, int64_t nx,
                   Panel zero, Panel* out) {
  const int64_t first = ix < 0 ? (-ix < nx ? -ix : nx) : 0;
  const int64_t end = p.in_w - ix < nx ? p.in_w - ix : nx;
  for (int64_t a = 0; a < ny; a++, iy++, out += nx * p.in_c) {
    if (iy < 0 || iy >= p.in_h || end <= first) {
      fill(out, nx * p.in_c, zero);
      continue;
    }
    fill(out, first * p.in_c, zero);
    widen(image + (iy * p.in_w + ix + first) * p.in_c, (end - first) * p.in_c, out + first * p.in_c);
    fill(out + end * p.in_c, (nx - end) * p.in_c, zero);
  }
}

// T: of the input; Panel: int16_t or float. prepare(row of the panel, k, lacking) finishes a gathered row;
// tile(rows constant, panel, stride, packed tile, k, out, pixels apart, columns, lacking) makes outputs.
template <class T, class Panel, class Prepare, class Tile>
inline void run(const Call* call, PhaseForm form, const Prepare& prepare, const Tile& tile) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[TRANSPOSE_CONV_IN]);
  T* out = static_cast<T*>(call->slots[TRANSPOSE_CONV_OUT]);
  const Panel zero = static_cast<Panel>(p.in_zero_point);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int thread) {
    char* own = static_cast<char*>(call->scratch) + thread * phase_thread_bytes(p, form);
    Panel* panel = reinterpret_cast<Panel*>(own);
    int32_t* lacking = reinterpret_cast<int32_t*>(own + phase_panel_bytes(p, form));
    const T* image = in + row / p.out_h * p.in_h * p.in_w * p.in_c;
    const int64_t y = row % p.out_h + p.pad_top, ry = y % p.stride_h;
    const int64_t ny = phase_taps(p.kernel_h, p.stride_h, ry);
    const char* packed = static_cast<const char*>(call->slots[TRANSPOSE_CONV_WEIGHTS]);
    for (int64_t i = 0; i < ry; i++) {
      for (int64_t j = 0; j < p.stride_w; j++) packed += phase_bytes(p, form, i, j);
    }
    for (int64_t rx = 0; rx < p.stride_w; packed += phase_bytes(p, form, ry, rx), rx++) {
      // The first x with this remainder.
      const int64_t x0 = (rx - p.pad_left % p.stride_w + p.stride_w) % p.stride_w;
      const int64_t nx = phase_taps(p.kernel_w, p.stride_w, rx), k = phase_k(p, ry, rx);
      const int64_t stride = phase_row_values(form, k), block = phase_rows(form, k);
      const int64_t one_tile = phase_tile_bytes(form, k);
      const int64_t pixels = x0 < p.out_w ? (p.out_w - x0 + p.stride_w - 1) / p.stride_w : 0;
      for (int64_t m0 = 0; m0 < pixels; m0 += block) {
        const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
        for (int64_t r = 0; r < rows; r++) {
          const int64_t last = (x0 + (m0 + r) * p.stride_w + p.pad_left) / p.stride_w;
          Panel* window = panel + r * stride;
          gather(p, image, y / p.stride_h - ny + 1, last - nx + 1, ny, nx, zero, window);
          prepare(window, k, lacking + r);
        }
        T* first = out + (row * p.out_w + x0 + m0 * p.stride_w) * p.out_c;
        for (int64_t n0 = 0; n0 < p.out_c; n0 += 16) {
          const int columns = p.out_c - n0 < 16 ? static_cast<int>(p.out_c - n0) : 16;
          for (int64_t r = 0; r < rows; r += 6) {
            with_rows(rows - r, [&](auto constant) {
              tile(constant, panel + r * stride, stride, packed + n0 / 16 * one_tile, k,
                   first + r * p.stride_w * p.out_c + n0, int64_t{p.stride_w} * p.out_c, columns, lacking + r);
            });
          }
        }
      }
    }
  });
}

inline void pad_row(int16_t* row, int64_t k) {
  if (k & 1) row[k] = 0;
}

}  // namespace

void transpose_conv_s8s8s8_avx2(const Call* call) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const Epilogue e = make_epilogue(p.out_zero_point, p.out_min, p.out_max);
  run<int8_t, int16_t>(
      call, PHASE_S8, [](int16_t* row, int64_t k, int32_t*) { pad_row(row, k); },
      [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t k, int8_t* c, int64_t ldc,
          int columns, const int32_t*) {
        tile_s8<decltype(constant)::value>(pair_rows(a, stride, (k + 1) / 2), tile, c, ldc, columns, e);
      });
}

void transpose_conv_u8u8u8_avx2(const Call* call) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const Epilogue e = make_epilogue(p.out_zero_point - 128, p.out_min - 128, p.out_max - 128);
  run<uint8_t, int16_t>(
      call, PHASE_S8,
      [&](int16_t* row, int64_t k, int32_t* lacking) {
        pad_row(row, k);
        *lacking = scaled_row_sum(row, k, 128 - p.w_zero_point);
      },
      [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t k, uint8_t* c, int64_t ldc,
          int columns, const int32_t* lacking) {
        tile_u8<decltype(constant)::value>(pair_rows(a, stride, (k + 1) / 2), tile, c, ldc, columns, e, lacking);
      });
}

void transpose_conv_s16s8s16_avx2(const Call* call) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const Epilogue16 e = {p.requantization, p.out_min, p.out_max};
  run<int16_t, int16_t>(
      call, PHASE_S16, [](int16_t* row, int64_t k, int32_t*) { pad_row(row, k); },
      [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t k, int16_t* c, int64_t ldc,
          int columns,
          const int32_t*) { tile_s16<decltype(constant)::value>(a, stride, tile, (k + 1) / 2, c, ldc, columns, e); });
}

void transpose_conv_f32_avx2(const Call* call) {
  const TransposeConvParams& p = *static_cast<const TransposeConvParams*>(call->params);
  const Clamp clamp = {_mm256_set1_ps(p.act_min), _mm256_set1_ps(p.act_max)};
  run<float, float>(
      call, PHASE_F32, [](float*, int64_t, int32_t*) {},
      [&](auto constant, const float* a, int64_t stride, const char* tile, int64_t k, float* c, int64_t ldc,
          int columns, const int32_t*) {
        const float* bias = reinterpret_cast<const float*>(tile);
        tile_f32<decltype(constant)::value>(a, stride, bias, bias + 16, 16, k, c, ldc, columns, clamp);
      });
}

}  // namespace sinter
