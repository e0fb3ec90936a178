// quantize between floats and int16, and from one quantization to another where int16 is on a side, for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "core/workers.h"
#include "kernels/quantize/convert.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

// Eight values at a time by `some`, the rest by `one`; In, Out: their types.
template <class In, class Out, class Some, class One>
inline void each(const Call* call, const Some& some, const One& one) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const char* in = static_cast<const char*>(call->slots[QUANTIZE_IN]);
  char* out = static_cast<char*>(call->slots[QUANTIZE_OUT]);
  const int64_t part = fair_rows(p.count, 16384, 64, call->workers->threads), parts = (p.count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const int64_t end = (index + 1) * part < p.count ? (index + 1) * part : p.count;
    int64_t i = index * part;
    for (; i + 8 <= end; i += 8) {
      some(in + i * static_cast<int64_t>(sizeof(In)), out + i * static_cast<int64_t>(sizeof(Out)));
    }
    for (; i < end; i++) {
      In x;
      __builtin_memcpy(&x, in + i * static_cast<int64_t>(sizeof(In)), sizeof(In));
      const Out y = one(x);
      __builtin_memcpy(out + i * static_cast<int64_t>(sizeof(Out)), &y, sizeof(Out));
    }
  });
}

}  // namespace

void quantize_f32s16_avx2(const Call* call) {
  const QuantizeTo16 one(*static_cast<const QuantizeParams*>(call->params));
  const __m256d scale = _mm256_set1_pd(one.scale), sign = _mm256_set1_pd(-0.0);
  const __m256d half = _mm256_set1_pd(0.49999999999999994);  // halves away from zero: the largest below is added
  const __m128i zero_point = _mm_set1_epi32(one.zero_point);
  // Far beyond int16, and far enough from int32's ends for the zero point.
  const __m128i least = _mm_set1_epi32(-(1 << 30)), most = _mm_set1_epi32(1 << 30);
  const auto whole = [&](__m128 x) {
    const __m256d y = _mm256_div_pd(_mm256_cvtps_pd(x), scale);
    const __m128i q = _mm256_cvttpd_epi32(_mm256_add_pd(y, _mm256_or_pd(_mm256_and_pd(y, sign), half)));
    return _mm_add_epi32(_mm_min_epi32(_mm_max_epi32(q, least), most), zero_point);
  };
  each<float, int16_t>(
      call,
      [&](const char* in, char* out) {
        const __m256 x = _mm256_loadu_ps(reinterpret_cast<const float*>(in));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                         _mm_packs_epi32(whole(_mm256_castps256_ps128(x)), whole(_mm256_extractf128_ps(x, 1))));
      },
      one);
}

void quantize_s16f32_avx2(const Call* call) {
  const DequantizeFrom<int16_t> one(*static_cast<const QuantizeParams*>(call->params));
  const __m256 scale = _mm256_set1_ps(one.scale);
  const __m256i zero_point = _mm256_set1_epi32(one.zero_point);
  each<int16_t, float>(
      call,
      [&](const char* in, char* out) {
        const __m256i x = _mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
        const __m256 y = _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(x, zero_point)), scale);
        _mm256_storeu_ps(reinterpret_cast<float*>(out), y);
      },
      one);
}

namespace {

inline __m256i load_eight(const int8_t*, const char* in) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(in)));
}
inline __m256i load_eight(const int16_t*, const char* in) {
  return _mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in)));
}
inline void store_eight(int16_t*, char* out, __m128i x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), x);
}
inline void store_eight(int8_t*, char* out, __m128i x) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packs_epi16(x, x));
}

template <class In, class Out>
inline void requantize(const Call* call) {
  const RequantizeWide<In, Out> one(*static_cast<const QuantizeParams*>(call->params));
  const __m256i in_zero = _mm256_set1_epi32(static_cast<int32_t>(one.in_zero_point));
  const __m256i out_zero = _mm256_set1_epi32(one.out_zero_point);
  // Beyond int16, and far enough from int32's ends for the zero point.
  const __m256i least = _mm256_set1_epi32(-(1 << 30)), most = _mm256_set1_epi32(1 << 30);
  each<In, Out>(
      call,
      [&](const char* in, char* out) {
        const __m256i x = _mm256_sub_epi32(load_eight(static_cast<const In*>(nullptr), in), in_zero);
        const __m256i y = V::fixed_multiply(x, one.factor.mantissa, one.left, -one.factor.shift);
        const __m256i z = _mm256_add_epi32(_mm256_min_epi32(_mm256_max_epi32(y, least), most), out_zero);
        store_eight(static_cast<Out*>(nullptr), out,
                    _mm_packs_epi32(_mm256_castsi256_si128(z), _mm256_extracti128_si256(z, 1)));
      },
      one);
}

}  // namespace

void quantize_s16s8_avx2(const Call* call) {
  requantize<int16_t, int8_t>(call);
}
void quantize_s8s16_avx2(const Call* call) {
  requantize<int8_t, int16_t>(call);
}
void quantize_s16s16_avx2(const Call* call) {
  requantize<int16_t, int16_t>(call);
}

}  // namespace sinter
