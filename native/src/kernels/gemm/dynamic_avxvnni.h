// Float activations to unsigned bytes, and sums of their products back to floats, for AVX-VNNI: as dynamic_vnni.h.
// Internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DYNAMIC_AVXVNNI_H_
#define SINTER_KERNELS_GEMM_DYNAMIC_AVXVNNI_H_

#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/dynamic_avx2.h"
#include "kernels/gemm/tile_avxvnni.h"

namespace sinter {
namespace {

struct DynamicVnni {
  static inline void extremes(const float* x, int64_t count, float* low, float* high) {
    DynamicAvx2::extremes(x, count, low, high);
  }

  // dynamic_value(x, r) + zero point + 128.
  static inline void quantize(const float* x, int64_t count, const DynamicRange& r, uint8_t* out) {
    const __m256 scale = _mm256_set1_ps(r.scale), offset = _mm256_set1_ps(static_cast<float>(r.zero_point));
    if (r.mode == DYNAMIC_DELEGATE) {
      // Bounds are whole numbers, so that they may come after the rounding: the packing's own.
      const __m256i shift = _mm256_set1_epi32(r.zero_point + 128);
      each_byte(x, count, out, [&](__m256 value) SINTER_VNNI_LAMBDA {
        return _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(value, scale)), shift);
      });
      return;
    }
    const __m256 highest = _mm256_set1_ps(127.0f);
    const __m256 lowest = _mm256_set1_ps(r.mode == DYNAMIC_SYMMETRIC ? -127.0f : -128.0f);
    const __m256 half = _mm256_set1_ps(0.49999997f), sign = _mm256_set1_ps(-0.0f);
    each_byte(x, count, out, [&](__m256 given) SINTER_VNNI_LAMBDA {  // halves away from zero
      const __m256 sum = _mm256_add_ps(offset, _mm256_mul_ps(given, scale));
      __m256 value = _mm256_add_ps(sum, _mm256_or_ps(_mm256_and_ps(sum, sign), half));
      value = _mm256_round_ps(value, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
      value = _mm256_min_ps(_mm256_max_ps(value, lowest), highest);
      return _mm256_add_epi32(_mm256_cvtps_epi32(value), _mm256_set1_epi32(128));
    });
  }

 private:
  // out[i] = whole(x[i]), bounded to a byte.
  template <class F>
  static inline void each_byte(const float* x, int64_t count, uint8_t* out, const F& whole) {
    const auto bytes = [](__m256i a, __m256i b, __m256i c, __m256i d) SINTER_VNNI_LAMBDA {
      const __m256i packed = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
      return _mm256_permutevar8x32_epi32(packed, _mm256_set_epi32(7, 3, 6, 2, 5, 1, 4, 0));
    };
    for (; count >= 32; count -= 32, x += 32, out += 32) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                          bytes(whole(_mm256_loadu_ps(x)), whole(_mm256_loadu_ps(x + 8)),
                                whole(_mm256_loadu_ps(x + 16)), whole(_mm256_loadu_ps(x + 24))));
    }
    for (; count > 0; count -= 8, x += 8, out += 8) {
      const int64_t here = count < 8 ? count : 8;
      const __m256i mask =
          _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(here)), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
      const __m256i some = whole(_mm256_maskload_ps(x, mask));
      const int64_t eight = _mm_cvtsi128_si64(_mm256_castsi256_si128(bytes(some, some, some, some)));
      memcpy(out, &eight, static_cast<size_t>(here));
    }
  }
};

// Float results, rows of c ldc floats apart.
template <DynamicResult HOW>
struct VnniStoreDynamic {
  float* c;
  int64_t ldc;
  int columns;
  const DynamicRange* ranges;  // of each row
  const float* bias;           // of the tile's columns, rounded up to 16
  float low, high;

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void put(const __m256i (&s)[V * ROWS], const VnniColumns& at, int64_t row, int first,
                              int count) const {
    const __m256 lowest = _mm256_set1_ps(low), highest = _mm256_set1_ps(high);
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      const __m256i less = _mm256_srai_epi32(load_32(at.bias + 32 * v), 7);  // -(sum of weights)
      const __m256 scale = _mm256_loadu_ps(reinterpret_cast<const float*>(at.scale + 32 * v));
      const __m256 offset = _mm256_loadu_ps(bias + first + 8 * v);
      const int left = count - 8 * v;
      const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(left), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const DynamicRange& range = ranges[row + r];
        const __m256i more = _mm256_mullo_epi32(_mm256_set1_epi32(range.zero_point), less);
        const __m256 sum = _mm256_cvtepi32_ps(_mm256_add_epi32(s[V * r + v], more));
        const __m256 inverse = _mm256_set1_ps(range.inverse);
        __m256 y;
        if constexpr (HOW == FOLDED) {
          y = _mm256_add_ps(_mm256_mul_ps(sum, _mm256_mul_ps(inverse, scale)), offset);
        } else if constexpr (HOW == FUSED) {
          y = _mm256_fmadd_ps(_mm256_mul_ps(sum, inverse), scale, offset);
        } else {
          y = _mm256_add_ps(_mm256_mul_ps(_mm256_mul_ps(sum, inverse), scale), offset);
        }
        y = _mm256_min_ps(highest, _mm256_max_ps(lowest, y));  // keeps what is not a number
        float* out = c + (row + r) * ldc + first + 8 * v;
        if (left >= 8) {
          _mm256_storeu_ps(out, y);
        } else {
          _mm256_maskstore_ps(out, mask, y);
        }
      });
    });
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DYNAMIC_AVXVNNI_H_
