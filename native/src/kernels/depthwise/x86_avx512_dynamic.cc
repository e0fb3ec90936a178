// depthwise of float activations and int8 weights for AVX-512 VNNI: images are quantized to int16 first, then two taps
// of 32 channels cost two vpdpwssd. SPDX-License-Identifier: Apache-2.0
#include <type_traits>

#include "core/workers.h"
#include "kernels/depthwise/s8.h"
#include "kernels/gemm/dynamic_images.h"
#include "kernels/gemm/dynamic_vnni.h"

namespace sinter {
namespace {

// dynamic_value for 16 values at a time.
struct DynamicWords {
  static inline void extremes(const float* x, int64_t count, float* low, float* high) {
    DynamicVnni::extremes(x, count, low, high);
  }
  static inline void quantize(const float* x, int64_t count, const DynamicRange& r, int16_t* out) {
    const bool delegate = r.mode == DYNAMIC_DELEGATE;
    const float zero_point = static_cast<float>(r.zero_point);
    const __m512 scale = _mm512_set1_ps(r.scale), offset = _mm512_set1_ps(zero_point);
    const __m512 highest = _mm512_set1_ps(delegate ? 127.0f - zero_point : 127.0f);
    const __m512 lowest = _mm512_set1_ps(delegate                      ? -128.0f - zero_point
                                         : r.mode == DYNAMIC_SYMMETRIC ? -127.0f
                                                                       : -128.0f);
    const auto whole = [&](__m512 value) SINTER_VNNI_LAMBDA {
      const __m512 product = _mm512_mul_ps(value, scale);
      if (delegate) return _mm512_cvtps_epi32(_mm512_max_ps(_mm512_min_ps(product, highest), lowest));
      const __m512 y = rounded_away(_mm512_add_ps(offset, product), lowest, highest);
      return _mm512_cvtps_epi32(_mm512_sub_ps(y, offset));
    };
    const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    for (; count >= 32; count -= 32, x += 32, out += 32) {
      const __m512i packed = _mm512_packs_epi32(whole(_mm512_loadu_ps(x)), whole(_mm512_loadu_ps(x + 16)));
      _mm512_storeu_si512(out, _mm512_permutexvar_epi64(order, packed));
    }
    for (int64_t i = 0; i < count; i++) out[i] = dynamic_value(x[i], r);
  }
};

const int64_t MOST_PAIRS = 32;  // of taps, by the row's limits

// Pairs of taps that lie inside the image above and below, for 32 channels.
struct Taps {
  __m512i low[MOST_PAIRS], high[MOST_PAIRS];  // weights, as unpacking orders them
  int64_t offset[2 * MOST_PAIRS];             // in values, from the window's first
  int64_t column[2 * MOST_PAIRS];             // of the window
  int64_t pairs;
};

// Sums of 32 channels in order. place(t): the values that tap t meets.
template <int64_t PAIRS, class Place>
SINTER_VNNI_INLINE void sums_of(const Taps& taps, const Place& place, __m512i* first, __m512i* second) {
  __m512i low = _mm512_setzero_si512(), high = low;
  const int64_t pairs = PAIRS ? PAIRS : taps.pairs;
#pragma GCC unroll 8
  for (int64_t q = 0; q < pairs; q++) {
    const __m512i a = _mm512_loadu_si512(place(2 * q)), b = _mm512_loadu_si512(place(2 * q + 1));
    low = _mm512_dpwssd_epi32(low, _mm512_unpacklo_epi16(a, b), taps.low[q]);
    high = _mm512_dpwssd_epi32(high, _mm512_unpackhi_epi16(a, b), taps.high[q]);
  }
  *first = _mm512_permutex2var_epi64(low, _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), high);
  *second = _mm512_permutex2var_epi64(low, _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4), high);
}

// What turns sums of 16 channels of one image into results.
struct Results {
  __m512 inverse, scale, bias, low, high;
  bool fused;
  __mmask16 mask;
  SINTER_VNNI_INLINE void put(float* to, __m512i sums) const {
    const __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), inverse);
    __m512 y = fused ? _mm512_fmadd_ps(product, scale, bias) : _mm512_add_ps(_mm512_mul_ps(product, scale), bias);
    y = _mm512_min_ps(high, _mm512_max_ps(low, y));  // keeps what is not a number
    if (mask == 0xffff) {
      _mm512_storeu_ps(to, y);
    } else {
      _mm512_mask_storeu_ps(to, mask, y);
    }
  }
};

void gather_taps(const DepthwiseParams& p, int64_t y, int64_t c0, const int8_t* weights, Taps* taps) {
  const int64_t channels = p.in_c, left = channels - c0;
  const __mmask32 mask = left >= 32 ? 0xffffffffu : (1u << left) - 1;
  int64_t count = 0;
  __m512i held = _mm512_setzero_si512();
  const auto add = [&](__m512i w, int64_t offset, int64_t column) {
    taps->offset[count] = offset;
    taps->column[count] = column;
    if (count % 2 == 1) {
      taps->low[count / 2] = _mm512_unpacklo_epi16(held, w);
      taps->high[count / 2] = _mm512_unpackhi_epi16(held, w);
    }
    held = w;
    count++;
  };
  for (int64_t i = 0; i < p.kernel_h; i++) {
    const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
    if (iy < 0 || iy >= p.in_h) continue;
    for (int64_t j = 0; j < p.kernel_w; j++) {
      const __m256i bytes = _mm256_maskz_loadu_epi8(mask, weights + (i * p.kernel_w + j) * channels + c0);
      add(_mm512_cvtepi8_epi16(bytes), (i * p.dilation_h * p.in_w + j * p.dilation_w) * channels, j * p.dilation_w);
    }
  }
  if (count % 2 == 1) add(_mm512_setzero_si512(), taps->offset[0], taps->column[0]);
  taps->pairs = count / 2;
}

}  // namespace

// multiplier 1, and up to 8 x 8 taps by the row's limits. Loads of whole vectors may read past the last channels.
void depthwise_f32s8f32_avx512vnni(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int64_t channels = p.in_c, image = int64_t{p.in_h} * p.in_w * p.in_c;
  const DynamicImages images = dynamic_images<DynamicWords>(call, static_cast<const float*>(call->slots[DEPTHWISE_IN]),
                                                            p.batch, image, p.dynamic);
  float* out = static_cast<float*>(call->slots[DEPTHWISE_OUT]);
  const DynamicColumns columns = dynamic_columns(call->slots[DEPTHWISE_WEIGHTS], channels);
  // Outputs whose windows lie inside the image at both sides.
  const int64_t reach = int64_t{p.kernel_w - 1} * p.dilation_w;
  int64_t inside = (p.pad_left + p.stride_w - 1) / p.stride_w;
  int64_t outside = p.in_w + p.pad_left > reach ? (p.in_w + p.pad_left - reach - 1) / p.stride_w + 1 : 0;
  inside = inside < p.out_w ? inside : p.out_w;
  outside = outside < inside ? inside : outside < p.out_w ? outside : p.out_w;
  parallel_for(call->workers, depthwise_out_rows(p), [&](int64_t row, int) {
    static const int16_t nothing[32] = {};
    const int64_t b = row / p.out_h, y = row % p.out_h;
    const DynamicRange& range = images.ranges[b];
    Taps taps;
    for (int64_t c0 = 0; c0 < channels; c0 += 32) {
      gather_taps(p, y, c0, columns.weights, &taps);
      Results results[2];
      for (int v = 0; v < 2; v++) {
        const int64_t at = c0 + 16 * v;
        const __mmask16 mask = channels > at ? first_lanes(channels - at) : 0;
        results[v] = {_mm512_set1_ps(range.inverse),
                      _mm512_maskz_loadu_ps(mask, columns.scale + at),
                      _mm512_maskz_loadu_ps(mask, columns.bias + at),
                      _mm512_set1_ps(p.act_min),
                      _mm512_set1_ps(p.act_max),
                      range.mode == DYNAMIC_DELEGATE,
                      mask};
      }
      const int64_t top = y * p.stride_h - p.pad_top;
      const int16_t* values = images.values + b * image + c0;
      float* to = out + row * p.out_w * channels + c0;
      const auto store = [&](int64_t x, __m512i first, __m512i second) SINTER_VNNI_LAMBDA {
        results[0].put(to + x * channels, first);
        if (results[1].mask) results[1].put(to + x * channels + 16, second);
      };
      const auto at_side = [&](int64_t x) {
        const int64_t left = x * p.stride_w - p.pad_left, start = (top * p.in_w + left) * channels;
        __m512i first, second;
        const auto place = [&](int64_t t) {
          const int64_t ix = left + taps.column[t];
          return ix < 0 || ix >= p.in_w ? nothing : values + start + taps.offset[t];
        };
        sums_of<0>(taps, place, &first, &second);
        store(x, first, second);
      };
      const auto within = [&](auto pairs) SINTER_VNNI_LAMBDA {
        for (int64_t x = inside; x < outside; x++) {
          const int64_t start = (top * p.in_w + x * p.stride_w - p.pad_left) * channels;
          __m512i first, second;
          const auto place = [&](int64_t t) SINTER_VNNI_LAMBDA { return values + start + taps.offset[t]; };
          sums_of<pairs>(taps, place, &first, &second);
          store(x, first, second);
        }
      };
      for (int64_t x = 0; x < inside; x++) at_side(x);
      if (taps.pairs == 5) {  // 3 x 3
        within(std::integral_constant<int64_t, 5>());
      } else {
        within(std::integral_constant<int64_t, 0>());
      }
      for (int64_t x = outside; x < p.out_w; x++) at_side(x);
    }
  });
}

}  // namespace sinter
