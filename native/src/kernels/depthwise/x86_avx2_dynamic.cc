// depthwise of float activations and int8 weights for AVX2: images are quantized to int16 first. A product of 9 by 8
// bits fits 16 bits, so 16 channels cost one multiplication per tap. SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/depthwise/s8.h"
#include "kernels/gemm/dynamic_avx2.h"
#include "kernels/gemm/dynamic_images.h"

namespace sinter {

// multiplier 1, or 1 input channel per output channel by the row's limits.
void depthwise_f32s8f32_avx2(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int64_t channels = p.in_c, image = int64_t{p.in_h} * p.in_w * p.in_c;
  const DynamicImages images = dynamic_images<DynamicAvx2>(call, static_cast<const float*>(call->slots[DEPTHWISE_IN]),
                                                           p.batch, image, p.dynamic);
  float* out = static_cast<float*>(call->slots[DEPTHWISE_OUT]);
  const DynamicColumns columns = dynamic_columns(call->slots[DEPTHWISE_WEIGHTS], channels);
  const __m256 low = _mm256_set1_ps(p.act_min), high = _mm256_set1_ps(p.act_max);
  parallel_for(call->workers, depthwise_out_rows(p), [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    const DynamicRange& range = images.ranges[b];
    const int16_t* values = images.values + b * image;
    for (int64_t x = 0; x < p.out_w; x++) {
      float* pixel = out + (row * p.out_w + x) * channels;
      // The last 16 channels overlap their neighbours; fewer than 16 go one by one.
      for (int64_t c0 = 0; c0 + 16 <= channels;
           c0 = c0 + 32 > channels && c0 + 16 < channels ? channels - 16 : c0 + 16) {
        __m256i first = _mm256_setzero_si256(), second = _mm256_setzero_si256();
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          if (iy < 0 || iy >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            if (ix < 0 || ix >= p.in_w) continue;
            const __m256i v =
                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + (iy * p.in_w + ix) * channels + c0));
            const __m256i w = _mm256_cvtepi8_epi16(_mm_loadu_si128(
                reinterpret_cast<const __m128i*>(columns.weights + (i * p.kernel_w + j) * channels + c0)));
            const __m256i product = _mm256_mullo_epi16(v, w);
            first = _mm256_add_epi32(first, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(product)));
            second = _mm256_add_epi32(second, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(product, 1)));
          }
        }
        for (int v = 0; v < 2; v++) {
          const __m256 result = dynamic_results(v ? second : first, range, _mm256_loadu_ps(columns.scale + c0 + 8 * v),
                                                _mm256_loadu_ps(columns.bias + c0 + 8 * v));
          _mm256_storeu_ps(pixel + c0 + 8 * v, _mm256_min_ps(high, _mm256_max_ps(low, result)));
        }
      }
    }
  });
}

}  // namespace sinter
