// depthwise in float for AVX2: 8 channels of four neighbouring outputs at a time, which share the
// weights' loads; outputs at the border, and what is left over, one at a time.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "core/workers.h"
#include "kernels/depthwise/f32.h"

namespace sinter {
namespace {

// One row of outputs: the taps that lie inside the image are rows [i0, i1) of the kernel.
struct OutputRow {
  const DepthwiseParams* p;
  const float* image;  // of this batch
  const float* packed;
  float* out;
  int64_t iy0;  // input row of kernel row 0
  int64_t i0, i1;
  int64_t channels, pitch;
  __m256 low, high;
};

inline __m256i tail_mask(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count < 8 ? count : 8)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

inline __m256 clamp(const OutputRow& r, __m256 v) {
  return _mm256_min_ps(_mm256_max_ps(v, r.low), r.high);
}

// Output x with the kernel columns [j0, j1) inside the image; any multiplier.
inline void one_output(const OutputRow& r, int64_t x, int64_t j0, int64_t j1) {
  const DepthwiseParams& p = *r.p;
  const int64_t ix0 = x * p.stride_w - p.pad_left;
  for (int64_t c = 0; c < r.channels; c += 8) {
    const __m256i mask = tail_mask(r.channels - c);
    const bool whole = c + 8 <= r.channels;
    __m256i source = _mm256_setzero_si256();
    if (p.multiplier != 1) {
      alignas(32) int32_t index[8];
      for (int64_t l = 0; l < 8; l++) {
        const int64_t o = c + l < r.channels ? c + l : r.channels - 1;
        index[l] = static_cast<int32_t>(o / p.multiplier);
      }
      source = _mm256_load_si256(reinterpret_cast<const __m256i*>(index));
    }
    __m256 sum = _mm256_loadu_ps(r.packed + c);
    for (int64_t i = r.i0; i < r.i1; i++) {
      const float* row = r.image + ((r.iy0 + i * p.dilation_h) * p.in_w + ix0) * p.in_c;
      const float* w = r.packed + (i * p.kernel_w + 1) * r.pitch + c;
      for (int64_t j = j0; j < j1; j++) {
        const float* pixel = row + j * p.dilation_w * p.in_c;
        const __m256 v = p.multiplier != 1 ? _mm256_i32gather_ps(pixel, source, 4)
                         : whole           ? _mm256_loadu_ps(pixel + c)
                                           : _mm256_maskload_ps(pixel + c, mask);
        sum = _mm256_fmadd_ps(v, _mm256_loadu_ps(w + j * r.pitch), sum);
      }
    }
    float* out = r.out + x * r.channels + c;
    if (whole) {
      _mm256_storeu_ps(out, clamp(r, sum));
    } else {
      _mm256_maskstore_ps(out, mask, clamp(r, sum));
    }
  }
}

// Outputs x .. x + 3, all columns of their windows inside the image, multiplier 1. KW > 0: the
// kernel's width as a constant, so that the columns unroll.
template <int KW>
inline void four_outputs(const OutputRow& r, int64_t x) {
  const DepthwiseParams& p = *r.p;
  const int64_t kernel_w = KW > 0 ? KW : p.kernel_w;
  const int64_t step = int64_t{p.stride_w} * p.in_c, tap = int64_t{p.dilation_w} * p.in_c;
  const int64_t start = (r.iy0 * p.in_w + x * p.stride_w - p.pad_left) * p.in_c;
  const int64_t row_step = int64_t{p.dilation_h} * p.in_w * p.in_c;
  int64_t c = 0;
  for (; c + 8 <= r.channels; c += 8) {
    __m256 s0 = _mm256_loadu_ps(r.packed + c), s1 = s0, s2 = s0, s3 = s0;
    for (int64_t i = r.i0; i < r.i1; i++) {
      const float* pixel = r.image + start + i * row_step + c;
      const float* w = r.packed + (i * kernel_w + 1) * r.pitch + c;
      for (int64_t j = 0; j < kernel_w; j++, pixel += tap, w += r.pitch) {
        const __m256 weight = _mm256_loadu_ps(w);
        s0 = _mm256_fmadd_ps(_mm256_loadu_ps(pixel), weight, s0);
        s1 = _mm256_fmadd_ps(_mm256_loadu_ps(pixel + step), weight, s1);
        s2 = _mm256_fmadd_ps(_mm256_loadu_ps(pixel + 2 * step), weight, s2);
        s3 = _mm256_fmadd_ps(_mm256_loadu_ps(pixel + 3 * step), weight, s3);
      }
    }
    float* out = r.out + x * r.channels + c;
    _mm256_storeu_ps(out, clamp(r, s0));
    _mm256_storeu_ps(out + r.channels, clamp(r, s1));
    _mm256_storeu_ps(out + 2 * r.channels, clamp(r, s2));
    _mm256_storeu_ps(out + 3 * r.channels, clamp(r, s3));
  }
  if (c == r.channels) return;
  const __m256i mask = tail_mask(r.channels - c);
  for (int64_t o = 0; o < 4; o++) {
    __m256 sum = _mm256_loadu_ps(r.packed + c);
    for (int64_t i = r.i0; i < r.i1; i++) {
      const float* pixel = r.image + start + o * step + i * row_step + c;
      const float* w = r.packed + (i * kernel_w + 1) * r.pitch + c;
      for (int64_t j = 0; j < kernel_w; j++) {
        sum = _mm256_fmadd_ps(_mm256_maskload_ps(pixel + j * tap, mask), _mm256_loadu_ps(w + j * r.pitch), sum);
      }
    }
    _mm256_maskstore_ps(r.out + (x + o) * r.channels + c, mask, clamp(r, sum));
  }
}

}  // namespace

void depthwise_f32_avx2(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[DEPTHWISE_IN]);
  const int64_t channels = int64_t{p.in_c} * p.multiplier;
  // Outputs [inner, end) have all their columns inside the image.
  const int64_t span = int64_t{p.kernel_w - 1} * p.dilation_w;
  int64_t inner = (p.pad_left + p.stride_w - 1) / p.stride_w;
  const int64_t reach = p.in_w - 1 - span + p.pad_left;
  int64_t end = reach < 0 ? 0 : reach / p.stride_w + 1;
  if (end > p.out_w) end = p.out_w;
  if (inner > end) inner = end;
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    OutputRow r;
    r.p = &p;
    r.image = in + b * p.in_h * p.in_w * p.in_c;
    r.packed = static_cast<const float*>(call->slots[DEPTHWISE_WEIGHTS]);
    r.out = static_cast<float*>(call->slots[DEPTHWISE_OUT]) + row * p.out_w * channels;
    r.iy0 = y * p.stride_h - p.pad_top;
    r.i0 = 0;
    r.i1 = p.kernel_h;
    while (r.i0 < r.i1 && r.iy0 + r.i0 * p.dilation_h < 0) r.i0++;
    while (r.i1 > r.i0 && r.iy0 + (r.i1 - 1) * p.dilation_h >= p.in_h) r.i1--;
    r.channels = channels;
    r.pitch = depthwise_f32_pitch(p);
    r.low = _mm256_set1_ps(p.act_min);
    r.high = _mm256_set1_ps(p.act_max);
    int64_t x = 0;
    while (x < p.out_w) {
      if (p.multiplier == 1 && x >= inner && x + 4 <= end) {
        if (p.kernel_w == 3) {
          four_outputs<3>(r, x);
        } else {
          four_outputs<0>(r, x);
        }
        x += 4;
        continue;
      }
      const int64_t ix0 = x * p.stride_w - p.pad_left;
      int64_t j0 = 0, j1 = p.kernel_w;
      while (j0 < j1 && ix0 + j0 * p.dilation_w < 0) j0++;
      while (j1 > j0 && ix0 + (j1 - 1) * p.dilation_w >= p.in_w) j1--;
      one_output(r, x, j0, j1);
      x++;
    }
  });
}

}  // namespace sinter
