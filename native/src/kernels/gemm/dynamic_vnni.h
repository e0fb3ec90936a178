// Float activations to unsigned bytes, and sums of their products back to floats, for AVX-512 VNNI. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// A quantized value q is kept as q + 128. Tiles are those of int8 (tile_form_vnni, packing.h): their sums begin with
// -128 * (the column's sum of weights) and so end as the sum of q * w; what the row's zero point adds to it, zero point
// * (the column's sum of weights), is taken off at the end. Sums of k <= 65536 such products fit 32 bits.
#ifndef SINTER_KERNELS_GEMM_DYNAMIC_VNNI_H_
#define SINTER_KERNELS_GEMM_DYNAMIC_VNNI_H_

#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

inline __mmask16 first_lanes(int64_t count) {
  return count >= 16 ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1u << count) - 1);
}

// Halves away from zero, within bounds.
inline __m512 rounded_away(__m512 x, __m512 lowest, __m512 highest) {
  const __m512 half = _mm512_set1_ps(0.49999997f), sign = _mm512_set1_ps(-0.0f);
  const __m512 sum = _mm512_add_ps(x, _mm512_or_ps(_mm512_and_ps(x, sign), half));
  const __m512 whole = _mm512_roundscale_ps(sum, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  return _mm512_min_ps(_mm512_max_ps(whole, lowest), highest);
}

struct DynamicVnni {
  static inline void extremes(const float* x, int64_t count, float* low, float* high) {
    // Four chains, so that none waits. What is not a number is passed over.
    __m512 low0 = _mm512_setzero_ps(), low1 = low0, low2 = low0, low3 = low0;
    __m512 high0 = low0, high1 = low0, high2 = low0, high3 = low0;
    for (; count >= 64; count -= 64, x += 64) {
      const __m512 x0 = _mm512_loadu_ps(x), x1 = _mm512_loadu_ps(x + 16);
      const __m512 x2 = _mm512_loadu_ps(x + 32), x3 = _mm512_loadu_ps(x + 48);
      low0 = _mm512_min_ps(x0, low0), high0 = _mm512_max_ps(x0, high0);
      low1 = _mm512_min_ps(x1, low1), high1 = _mm512_max_ps(x1, high1);
      low2 = _mm512_min_ps(x2, low2), high2 = _mm512_max_ps(x2, high2);
      low3 = _mm512_min_ps(x3, low3), high3 = _mm512_max_ps(x3, high3);
    }
    for (; count > 0; count -= 16, x += 16) {
      const __m512 v = _mm512_maskz_loadu_ps(first_lanes(count), x);
      low0 = _mm512_min_ps(v, low0), high0 = _mm512_max_ps(v, high0);
    }
    const __m512 least = _mm512_min_ps(_mm512_min_ps(low0, low1), _mm512_min_ps(low2, low3));
    const __m512 most = _mm512_max_ps(_mm512_max_ps(high0, high1), _mm512_max_ps(high2, high3));
    *low = -_mm512_reduce_max_ps(_mm512_sub_ps(_mm512_setzero_ps(), least));
    *high = _mm512_reduce_max_ps(most);
  }

  // dynamic_value(x, r) + zero point + 128.
  static inline void quantize(const float* x, int64_t count, const DynamicRange& r, uint8_t* out) {
    const float zero_point = static_cast<float>(r.zero_point);
    const __m512 scale = _mm512_set1_ps(r.scale);
    if (r.mode == DYNAMIC_DELEGATE) {
      // Bounds are whole numbers, so that they may come after the rounding: the packing's own.
      const __m512i shift = _mm512_set1_epi32(r.zero_point + 128);
      const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
      const auto whole = [&](__m512 value) SINTER_VNNI_LAMBDA {
        return _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(value, scale)), shift);
      };
      const auto bytes = [&](__m512i a, __m512i b, __m512i c, __m512i d) SINTER_VNNI_LAMBDA {
        const __m512i packed = _mm512_packus_epi16(_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
        return _mm512_permutexvar_epi32(order, packed);
      };
      for (; count >= 64; count -= 64, x += 64, out += 64) {
        _mm512_storeu_si512(out, bytes(whole(_mm512_loadu_ps(x)), whole(_mm512_loadu_ps(x + 16)),
                                       whole(_mm512_loadu_ps(x + 32)), whole(_mm512_loadu_ps(x + 48))));
      }
      for (; count > 0; count -= 16, x += 16, out += 16) {
        const __mmask16 mask = first_lanes(count);
        const __m512i some = whole(_mm512_maskz_loadu_ps(mask, x));
        _mm_mask_storeu_epi8(out, mask, _mm512_castsi512_si128(bytes(some, some, some, some)));
      }
      return;
    }
    const __m512 offset = _mm512_set1_ps(zero_point), highest = _mm512_set1_ps(127.0f);
    const __m512 lowest = _mm512_set1_ps(r.mode == DYNAMIC_SYMMETRIC ? -127.0f : -128.0f);
    for (; count > 0; count -= 16, x += 16, out += 16) {
      const __mmask16 mask = first_lanes(count);
      const __m512 sum = _mm512_add_ps(offset, _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x), scale));
      const __m512i q = _mm512_cvtps_epi32(rounded_away(sum, lowest, highest));
      _mm_mask_storeu_epi8(out, mask, _mm512_cvtusepi32_epi8(_mm512_add_epi32(q, _mm512_set1_epi32(128))));
    }
  }
};

// Float results of ROWS rows: `columns` of the tile's 16 * V, rows of c ldc floats apart. SHIFT: the weights, and so
// the sums and the tile's correction, are 2^SHIFT times what they stand for.
template <DynamicResult HOW, int SHIFT = 0>
struct VnniStoreDynamic {
  float* c;
  int64_t ldc;
  int columns;
  const DynamicRange* ranges;  // of each row
  const float* bias;           // of the tile's columns, 16 * V of them
  float low, high;

  // The columns' sums of weights in two halves of 16 bits, sum = low + 256 * high: what a zero point adds to a row's
  // sums is then one vpmaddwd, not two slow products of 32 bits.
  template <int V>
  struct Constants {
    __m512i sum[V];
    __m512 scale[V], bias[V];
  };
  template <int V>
  SINTER_VNNI_INLINE Constants<V> constants(const char* corrections, const char* scales) const {
    Constants<V> of;
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      const __m512i less = _mm512_srai_epi32(_mm512_loadu_si512(corrections + 64 * v), 7);  // -(sum of weights)
      const __m512i sum = _mm512_sub_epi32(_mm512_setzero_si512(), less);
      const __m512i high = _mm512_slli_epi32(_mm512_srai_epi32(sum, 8), 16);
      of.sum[v] = _mm512_or_si512(_mm512_and_si512(sum, _mm512_set1_epi32(255)), high);
      of.scale[v] = _mm512_loadu_ps(scales + 64 * v);
      of.bias[v] = _mm512_loadu_ps(bias + 16 * v);
    });
    return of;
  }

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m512i (&s)[V * ROWS], const Constants<V>& of, int64_t row) const {
    const __m512 lowest = _mm512_set1_ps(low), highest = _mm512_set1_ps(high);
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const DynamicRange& range = ranges[row + r];
      const uint32_t zero_point = static_cast<uint32_t>(range.zero_point);
      const __m512i factors = _mm512_set1_epi32(static_cast<int32_t>((zero_point & 0xffff) | zero_point << 24));
      const __m512 inverse = _mm512_set1_ps(range.inverse);
      float* out = c + (row + r) * ldc;
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        const __m512i more = _mm512_madd_epi16(factors, of.sum[v]);
        const __m512 sum = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_sub_epi32(s[V * r + v], more), SHIFT));
        __m512 y;
        if constexpr (HOW == FOLDED) {
          y = _mm512_add_ps(_mm512_mul_ps(sum, _mm512_mul_ps(inverse, of.scale[v])), of.bias[v]);
        } else if constexpr (HOW == FUSED) {
          y = _mm512_fmadd_ps(_mm512_mul_ps(sum, inverse), of.scale[v], of.bias[v]);
        } else {
          y = _mm512_add_ps(_mm512_mul_ps(_mm512_mul_ps(sum, inverse), of.scale[v]), of.bias[v]);
        }
        y = _mm512_min_ps(highest, _mm512_max_ps(lowest, y));  // keeps what is not a number
        const int left = columns - 16 * v;
        if (left >= 16) {
          _mm512_storeu_ps(out + 16 * v, y);
        } else {
          _mm512_mask_storeu_ps(out + 16 * v, static_cast<__mmask16>(left > 0 ? (1 << left) - 1 : 0), y);
        }
      });
    });
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DYNAMIC_VNNI_H_
