// Float activations to unsigned bytes, and sums of their products back to floats, for AVX-512 VNNI. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// A quantized value q is kept as q + 128. Tiles are those of int8 (tile_form_vnni, packing.h): their sums begin with
// -128 * (the column's sum of weights) and so end as the sum of q * w; what the row's zero point adds to it is zero
// point
// * (the column's sum of weights), taken off at the end. Sums of k <= 65536 such products fit 32 bits.
#ifndef SINTER_KERNELS_GEMM_DYNAMIC_VNNI_H_
#define SINTER_KERNELS_GEMM_DYNAMIC_VNNI_H_

#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

struct DynamicVnni {
  static inline void extremes(const float* x, int64_t count, float* low, float* high) {
    __m512 lows = _mm512_setzero_ps(), highs = _mm512_setzero_ps();  // what is not a number is passed over
    for (; count >= 16; count -= 16, x += 16) {
      const __m512 v = _mm512_loadu_ps(x);
      lows = _mm512_min_ps(v, lows);
      highs = _mm512_max_ps(v, highs);
    }
    if (count > 0) {
      const __m512 v = _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), x);
      lows = _mm512_min_ps(v, lows);
      highs = _mm512_max_ps(v, highs);
    }
    *low = -_mm512_reduce_max_ps(_mm512_sub_ps(_mm512_setzero_ps(), lows));
    *high = _mm512_reduce_max_ps(highs);
  }

  // dynamic_value(x, r) + zero point + 128.
  static inline void quantize(const float* x, int64_t count, const DynamicRange& r, uint8_t* out) {
    const bool delegate = r.mode == DYNAMIC_DELEGATE;
    const float zero_point = static_cast<float>(r.zero_point);
    const __m512 scale = _mm512_set1_ps(r.scale), offset = _mm512_set1_ps(zero_point);
    const __m512 highest = _mm512_set1_ps(delegate ? 127.0f - zero_point : 127.0f);
    const __m512 lowest = _mm512_set1_ps(delegate                      ? -128.0f - zero_point
                                         : r.mode == DYNAMIC_SYMMETRIC ? -127.0f
                                                                       : -128.0f);
    const __m512 half = _mm512_set1_ps(0.49999997f), sign = _mm512_set1_ps(-0.0f);
    const __m512i shift = _mm512_set1_epi32(delegate ? r.zero_point + 128 : 128);
    for (; count > 0; count -= 16, x += 16, out += 16) {
      const __mmask16 mask = count >= 16 ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1u << count) - 1);
      const __m512 product = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x), scale);
      __m512 value = product;
      if (delegate) {
        value = _mm512_max_ps(_mm512_min_ps(product, highest), lowest);
      } else {  // halves away from zero
        const __m512 sum = _mm512_add_ps(offset, product);
        value = _mm512_add_ps(sum, _mm512_or_ps(_mm512_and_ps(sum, sign), half));
        value = _mm512_roundscale_ps(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
        value = _mm512_min_ps(_mm512_max_ps(value, lowest), highest);
      }
      const __m512i q = _mm512_add_epi32(_mm512_cvtps_epi32(value), shift);
      _mm_mask_storeu_epi8(out, mask, _mm512_cvtusepi32_epi8(q));
    }
  }
};

// Float results of ROWS rows: `columns` of the tile's 16 * V, rows of c ldc floats apart.
struct VnniStoreDynamic {
  float* c;
  int64_t ldc;
  int columns;
  const DynamicRange* ranges;  // of each row
  const float* bias;           // of the tile's columns, 16 * V of them
  float low, high;

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m512i (&s)[V * ROWS], const char* tile, int64_t row) const {
    const __m512 lowest = _mm512_set1_ps(low), highest = _mm512_set1_ps(high);
    __mmask16 masks[V];
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      const int left = columns - 16 * v;
      masks[v] = static_cast<__mmask16>(left >= 16 ? 0xffff : left > 0 ? (1 << left) - 1 : 0);
    });
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const DynamicRange& range = ranges[row + r];
      const __m512 inverse = _mm512_set1_ps(range.inverse);
      const __m512i zero_point = _mm512_set1_epi32(range.zero_point);
      float* out = c + (row + r) * ldc;
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        const __m512i less = _mm512_srai_epi32(_mm512_loadu_si512(tile + 64 * v), 7);  // -(sum of weights)
        const __m512 scale = _mm512_loadu_ps(tile + 64 * V + 64 * v), offset = _mm512_loadu_ps(bias + 16 * v);
        const __m512 sum = _mm512_cvtepi32_ps(_mm512_add_epi32(s[V * r + v], _mm512_mullo_epi32(zero_point, less)));
        __m512 y;
        if (range.folded) {
          y = _mm512_add_ps(_mm512_mul_ps(sum, _mm512_mul_ps(inverse, scale)), offset);
        } else {
          const __m512 product = _mm512_mul_ps(sum, inverse);
          y = range.mode == DYNAMIC_DELEGATE ? _mm512_fmadd_ps(product, scale, offset)
                                             : _mm512_add_ps(_mm512_mul_ps(product, scale), offset);
        }
        y = _mm512_min_ps(highest, _mm512_max_ps(lowest, y));  // keeps what is not a number
        _mm512_mask_storeu_ps(out + 16 * v, masks[v], y);
      });
    });
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DYNAMIC_VNNI_H_
