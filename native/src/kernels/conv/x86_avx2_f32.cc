// conv in float for AVX2: the pixels under each window are gathered into a panel, then multiplied by
// gemm's tiles.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/packing_f32.h"
#include "kernels/gemm/tile_avx2_f32.h"

namespace sinter {

int64_t conv_f32_panel_rows(int64_t k);

namespace {

inline void copy_floats(float* out, const float* in, int64_t count) {
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) _mm256_storeu_ps(out + i, _mm256_loadu_ps(in + i));
  for (; i < count; i++) out[i] = in[i];
}

// One window of group channels: kernel_h * kernel_w * channels values; zeros outside the image.
inline void gather(const ConvParams& p, const float* image, int64_t y, int64_t x, int64_t c0, int64_t channels,
                   float* out) {
  const int64_t iy0 = y * p.stride_h - p.pad_top, ix0 = x * p.stride_w - p.pad_left;
  const int64_t row_values = p.kernel_w * channels;
  const bool dense = p.dilation_w == 1 && channels == p.in_c;
  int64_t first = 0, last = p.kernel_w;
  while (first < last && ix0 + first * p.dilation_w < 0) first++;
  while (last > first && ix0 + (last - 1) * p.dilation_w >= p.in_w) last--;
  for (int64_t i = 0; i < p.kernel_h; i++, out += row_values) {
    const int64_t iy = iy0 + i * p.dilation_h;
    if (iy < 0 || iy >= p.in_h || first == last) {
      for (int64_t v = 0; v < row_values; v++) out[v] = 0;
      continue;
    }
    for (int64_t v = 0; v < first * channels; v++) out[v] = 0;
    for (int64_t v = last * channels; v < row_values; v++) out[v] = 0;
    const float* row = image + (iy * p.in_w + ix0) * p.in_c + c0;
    if (dense) {
      copy_floats(out + first * channels, row + first * p.in_c, (last - first) * channels);
    } else {
      for (int64_t j = first; j < last; j++) {
        copy_floats(out + j * channels, row + j * p.dilation_w * p.in_c, channels);
      }
    }
  }
}

}  // namespace

void conv_f32_avx2(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[CONV_IN]);
  const float* packed = static_cast<const float*>(call->slots[CONV_WEIGHTS]);
  float* out = static_cast<float*>(call->slots[CONV_OUT]);
  const Clamp clamp = {_mm256_set1_ps(p.act_min), _mm256_set1_ps(p.act_max)};
  const int64_t channels = p.in_c / p.groups, n = p.out_c / p.groups, k = conv_k(p);
  const int64_t one_tile = f32_tile_floats(16, k), one_group = f32_tiles_bytes(16, n, k) / 4;
  const int64_t plane = int64_t{p.out_h} * p.out_w, pixels = p.batch * plane;
  const int64_t most = conv_f32_panel_rows(k);
  const int threads = call->workers->threads;
  int64_t block = most;
  if (threads > 1) {
    const int64_t fair = ((pixels + threads - 1) / threads + 5) / 6 * 6;
    if (fair < block && fair > 0) block = fair;
  }
  const int64_t blocks = (pixels + block - 1) / block;
  parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t m0 = task / p.groups * block, g = task % p.groups;
    const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
    float* panel = static_cast<float*>(call->scratch) + thread * ((most * k + 15) / 16 * 16);
    int64_t b = m0 / plane, y = m0 % plane / p.out_w, x = m0 % plane % p.out_w;
    for (int64_t r = 0; r < rows; r++) {
      gather(p, in + b * p.in_h * p.in_w * p.in_c, y, x, g * channels, channels, panel + r * k);
      if (++x == p.out_w) {
        x = 0;
        if (++y == p.out_h) {
          y = 0;
          b++;
        }
      }
    }
    for (int64_t n0 = 0; n0 < n; n0 += 16) {
      const float* tile = packed + g * one_group + n0 / 16 * one_tile;
      const int columns = n - n0 < 16 ? static_cast<int>(n - n0) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        float* c = out + (m0 + r) * p.out_c + g * n + n0;
        with_row_count(rows - r, [&](auto count) {
          tile_f32<decltype(count)::value>(panel + r * k, k, tile, tile + 16, 16, k, c, p.out_c, columns, clamp);
        });
      }
    }
  });
}

}  // namespace sinter
