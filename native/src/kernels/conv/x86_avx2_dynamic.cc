// conv of float activations and int8 weights for AVX2: images are quantized to int16 first, then convolved as such.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/conv/gather_avx2.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/dynamic_avx2.h"
#include "kernels/gemm/dynamic_images.h"

namespace sinter {

void conv_f32s8f32_avx2(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t image = int64_t{p.in_h} * p.in_w * p.in_c;
  const DynamicImages images =
      dynamic_images<DynamicAvx2>(call, static_cast<const float*>(call->slots[CONV_IN]), p.batch, image, p.dynamic);
  const char* packed = static_cast<const char*>(call->slots[CONV_WEIGHTS]);
  float* out = static_cast<float*>(call->slots[CONV_OUT]);
  const __m256 low = _mm256_set1_ps(p.act_min), high = _mm256_set1_ps(p.act_max);
  const int64_t channels = p.in_c / p.groups, n = p.out_c / p.groups, k = conv_k(p);
  const int64_t stride = avx2_panel_stride(k), pairs = (k + 1) / 2, one_tile = dynamic_tile_bytes(k);
  const int64_t one_group = (n + 15) / 16 * one_tile;
  const int64_t plane = int64_t{p.out_h} * p.out_w, pixels = p.batch * plane;
  const int threads = call->workers->threads;
  char* panels = static_cast<char*>(call->scratch) + dynamic_images_bytes(p.batch, image, threads);
  const int64_t block = fair_rows(pixels, avx2_panel_rows(k), 6, threads);
  const int64_t blocks = (pixels + block - 1) / block;
  parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t m0 = task / p.groups * block, g = task % p.groups;
    const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
    int16_t* panel = reinterpret_cast<int16_t*>(panels + thread * avx2_panel_bytes(k));
    for (int64_t r = 0; r < rows; r++) {
      const int64_t pixel = m0 + r, b = pixel / plane, y = pixel % plane / p.out_w, x = pixel % plane % p.out_w;
      gather(p, images.values + b * image, y, x, g * channels, channels, p.kernel_w * channels, panel + r * stride);
      if (k & 1) panel[r * stride + k] = 0;
    }
    for (int64_t n0 = 0; n0 < n; n0 += 16) {
      const char* tile = packed + g * one_group + n0 / 16 * one_tile;
      const int columns = n - n0 < 16 ? static_cast<int>(n - n0) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        float* c = out + (m0 + r) * p.out_c + g * n + n0;
        with_rows(rows - r, [&](auto constant) {
          tile_dynamic<decltype(constant)::value>(
              panel + r * stride, stride, tile, pairs, c, p.out_c, columns,
              [&](int i) -> const DynamicRange& { return images.ranges[(m0 + r + i) / plane]; }, low, high);
        });
      }
    }
  });
}

}  // namespace sinter
