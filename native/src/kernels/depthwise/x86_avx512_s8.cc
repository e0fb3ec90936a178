// depthwise, int8 and uint8, AVX-512 VNNI: 64 channels, or 32, in a vector. SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "kernels/depthwise/quads_256.h"
#include "kernels/depthwise/stream_quads.h"

namespace sinter {
namespace {

// The two vector widths; masks say which channels exist.
struct Wide {
  typedef __m512i Int;
  typedef __m512 Float;
  typedef __mmask64 Mask;
  enum { CHANNELS = 64, STEP = 64, ABREAST = 4 };
  static INLINE Int load(const void* p) {
    return _mm512_loadu_si512(p);
  }
  static INLINE Float load_float(const void* p) {
    return _mm512_castsi512_ps(_mm512_loadu_si512(p));
  }
  static INLINE Int load_some(Mask mask, const void* p) {
    return _mm512_maskz_loadu_epi8(mask, p);
  }
  static INLINE void store_some(void* p, Mask mask, Int v) {
    _mm512_mask_storeu_epi8(p, mask, v);
  }
  static INLINE Mask first(int64_t count) {
    return count <= 0 ? 0 : count >= 64 ? ~Mask{0} : (Mask{1} << count) - 1;
  }
  // Bytes begin .. end - 1 of those at p, around them the others'.
  static INLINE Int load_between(int64_t begin, int64_t end, const int8_t* p, Int others) {
    const Mask mask = first(end) & ~first(begin);
    return _mm512_mask_blend_epi8(mask, others, _mm512_maskz_loadu_epi8(mask, p));
  }
  // Of the pixels in a, then b, the first, the third, ...
  template <int PIXEL>
  static INLINE Int every_other(Int a, Int b) {
    const Int order =
        _mm512_set_epi32(at<PIXEL>(15), at<PIXEL>(14), at<PIXEL>(13), at<PIXEL>(12), at<PIXEL>(11), at<PIXEL>(10),
                         at<PIXEL>(9), at<PIXEL>(8), at<PIXEL>(7), at<PIXEL>(6), at<PIXEL>(5), at<PIXEL>(4),
                         at<PIXEL>(3), at<PIXEL>(2), at<PIXEL>(1), at<PIXEL>(0));
    return _mm512_permutex2var_epi32(a, order, b);
  }
  template <int PIXEL>
  static constexpr int at(int i) {
    return i / (PIXEL / 4) * 2 * (PIXEL / 4) + i % (PIXEL / 4);
  }
  static INLINE Int flip(Int v) {
    return _mm512_xor_si512(v, _mm512_set1_epi32(static_cast<int32_t>(0x80808080u)));
  }
  static INLINE Int all(int32_t v) {
    return _mm512_set1_epi32(v);
  }
  static INLINE Int low8(Int a, Int b) {
    return _mm512_unpacklo_epi8(a, b);
  }
  static INLINE Int high8(Int a, Int b) {
    return _mm512_unpackhi_epi8(a, b);
  }
  static INLINE Int low16(Int a, Int b) {
    return _mm512_unpacklo_epi16(a, b);
  }
  static INLINE Int high16(Int a, Int b) {
    return _mm512_unpackhi_epi16(a, b);
  }
  static INLINE void dot(Int& sum, Int a, Int w) {
#if defined(SINTER_EMULATED)
    sum = _mm512_dpbusd_epi32(sum, a, w);
#else
    // GCC copies sums around the intrinsic.
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "vm"(w));
#endif
  }
  static INLINE Int round_scaled(Int sum, Float scale, float limit) {
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale), _mm512_set1_ps(limit)));
  }
  static INLINE void store(void* p, Int v) {
    _mm512_storeu_si512(p, v);
  }
  static INLINE Int quarter_over_and_over(const void* p) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128(static_cast<const __m128i*>(p)));
  }
  static INLINE Int half_over_and_over(const void* p) {
    return _mm512_broadcast_i64x4(_mm256_loadu_si256(static_cast<const __m256i*>(p)));
  }
  // 16 bytes at each address, or 32 at the first two.
  template <int BYTES>
  static INLINE Int lanes(const void* a, const void* b, const void* c, const void* d) {
    const auto half = [](const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); };
    const auto quarter = [](const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); };
    if constexpr (BYTES == 32) return _mm512_inserti64x4(_mm512_castsi256_si512(half(a)), half(b), 1);
    Int v = _mm512_inserti32x4(_mm512_castsi128_si512(quarter(a)), quarter(b), 1);
    v = _mm512_inserti32x4(v, quarter(c), 2);
    return _mm512_inserti32x4(v, quarter(d), 3);
  }
  static INLINE bool below_one(Float v) {
    return _mm512_cmp_ps_mask(_mm512_abs_ps(v), _mm512_set1_ps(1.0f), _CMP_LT_OQ) == 0xffff;
  }
  static INLINE Int round_small(Int sum, Float scale) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale));
  }
  static INLINE Int packed(Int a, Int b) {
    return _mm512_packs_epi16(a, b);
  }
  static INLINE Int words(Int a, Int b, int16_t zero_point) {
    return _mm512_adds_epi16(_mm512_packs_epi32(a, b), _mm512_set1_epi16(zero_point));
  }
  static INLINE Int bytes(Int a, Int b, int8_t minimum) {
    return _mm512_max_epi8(_mm512_packs_epi16(a, b), _mm512_set1_epi8(minimum));
  }
};

struct Narrow : Quads256 {
  typedef __mmask32 Mask;
  enum { STEP = 32 };
  static INLINE Int load_some(Mask mask, const void* p) {
    return _mm256_maskz_loadu_epi8(mask, p);
  }
  static INLINE void store_some(void* p, Mask mask, Int v) {
    _mm256_mask_storeu_epi8(p, mask, v);
  }
  static INLINE void dot(Int& sum, Int a, Int w) {
#if defined(SINTER_EMULATED)
    sum = _mm256_dpbusd_epi32(sum, a, w);
#else
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "vm"(w));
#endif
  }
  static INLINE bool below_one(Float v) {
    const __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
    return _mm256_cmp_ps_mask(size, _mm256_set1_ps(1.0f), _CMP_LT_OQ) == 0xff;
  }
  static INLINE Int round_small(Int sum, Float scale) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale));
  }
  static INLINE Int packed(Int a, Int b) {
    return _mm256_packs_epi16(a, b);
  }
};

struct Avx512 {
  enum { ABREAST = 4 };
  typedef Wide Widest;

  // Blocks of 64 channels, then for what is left one of the two.
  template <class F>
  static INLINE void for_each_block(int64_t channels, const char* weights, int64_t quads, const F& f) {
    const int64_t wide_bytes = 64 * (8 + 4 * quads);
    int64_t at = 0;
    for (; at + 64 <= channels; at += 64, weights += wide_bytes) f(Wide(), weights, at, ~__mmask64{0});
    const int64_t rest = channels - at;
    if (rest <= 0) return;
    if (rest > 32 || depthwise_repeats(channels)) {
      f(Wide(), weights, at, (__mmask64{1} << rest) - 1);
      return;
    }
    f(Narrow(), weights, at, static_cast<__mmask32>((uint64_t{1} << rest) - 1));
  }
};

}  // namespace

void depthwise_s8s8s8_avx512vnni(const Call* call) {
  streams(*static_cast<const DepthwiseParams*>(call->params)) ? run_streams<Avx512, false>(call)
                                                              : run<Avx512, false>(call);
}
void depthwise_u8u8u8_avx512vnni(const Call* call) {
  streams(*static_cast<const DepthwiseParams*>(call->params)) ? run_streams<Avx512, true>(call)
                                                              : run<Avx512, true>(call);
}

}  // namespace sinter
