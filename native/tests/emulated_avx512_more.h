// Intrinsics that SIMDe 0.7 lacks, for emulated_avx512.h: two AVX2 halves or plain loops.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_EMULATED_AVX512_MORE_H_
#define SINTER_TESTS_EMULATED_AVX512_MORE_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace sinter_emulated {
namespace {

template <class Wide, class Half>
inline Wide join(Half low, Half high) {
  Wide wide;
  memcpy(&wide, &low, sizeof low);
  memcpy(reinterpret_cast<char*>(&wide) + sizeof low, &high, sizeof high);
  return wide;
}
template <class Half, class Wide>
inline Half half(const Wide& wide, int which) {
  Half part;
  memcpy(&part, reinterpret_cast<const char*>(&wide) + static_cast<size_t>(which) * sizeof part, sizeof part);
  return part;
}

// Only elements whose bit is set touch memory.
template <class Vector, class T>
inline Vector masked_load(uint64_t mask, const void* p) {
  Vector x;
  memset(&x, 0, sizeof x);
  for (size_t i = 0; i < sizeof(Vector) / sizeof(T); i++) {
    if (mask >> i & 1) memcpy(reinterpret_cast<T*>(&x) + i, static_cast<const T*>(p) + i, sizeof(T));
  }
  return x;
}
template <class Vector, class T>
inline void masked_store(void* p, uint64_t mask, const Vector& x) {
  for (size_t i = 0; i < sizeof(Vector) / sizeof(T); i++) {
    if (mask >> i & 1) memcpy(static_cast<T*>(p) + i, reinterpret_cast<const T*>(&x) + i, sizeof(T));
  }
}

template <class From, class To, class VectorTo, class VectorFrom>
inline VectorTo convert(const VectorFrom& x, int64_t low, int64_t high) {
  VectorTo y;
  for (size_t i = 0; i < sizeof(VectorFrom) / sizeof(From); i++) {
    From from;
    memcpy(&from, reinterpret_cast<const From*>(&x) + i, sizeof from);
    const int64_t value = static_cast<int64_t>(from);
    const To to = static_cast<To>(value < low ? low : value > high ? high : value);
    memcpy(reinterpret_cast<To*>(&y) + i, &to, sizeof to);
  }
  return y;
}

template <class T>
inline T at(const void* p, size_t i) {
  T value;
  memcpy(&value, static_cast<const T*>(p) + i, sizeof value);
  return value;
}

inline __mmask32 greater_16(const __m512i& a, const __m512i& b) {
  uint32_t mask = 0;
  for (size_t i = 0; i < 32; i++) mask |= static_cast<uint32_t>(at<int16_t>(&a, i) > at<int16_t>(&b, i)) << i;
  return mask;
}
inline __mmask16 less_32(const __m512i& a, const __m512i& b) {
  uint32_t mask = 0;
  for (size_t i = 0; i < 16; i++) mask |= static_cast<uint32_t>(at<int32_t>(&a, i) < at<int32_t>(&b, i)) << i;
  return static_cast<__mmask16>(mask);
}
// The immediate of roundscale with no fraction bits is that of round.
template <int how>
inline __m512 rounded(const __m512& x) {
  return join<__m512>(_mm256_round_ps(half<__m256>(x, 0), how), _mm256_round_ps(half<__m256>(x, 1), how));
}
// That of reduce with nearest even: what x is off from steps of 2^-bits.
template <int bits>
inline __m512 off_steps(const __m512& x) {
  __m512 y;
  for (size_t i = 0; i < 16; i++) {
    const float value = at<float>(&x, i), off = value - ldexpf(nearbyintf(ldexpf(value, bits)), -bits);
    memcpy(reinterpret_cast<float*>(&y) + i, &off, sizeof off);
  }
  return y;
}

inline float add_lanes(const __m512& x) {
  float parts[16];
  memcpy(parts, &x, sizeof parts);
  for (int n = 8; n > 0; n /= 2) {
    for (int i = 0; i < n; i++) parts[i] += parts[i + n];
  }
  return parts[0];
}
inline float largest_lane(const __m512& x) {
  float largest = at<float>(&x, 0);
  for (size_t i = 1; i < 16; i++) largest = at<float>(&x, i) > largest ? at<float>(&x, i) : largest;
  return largest;
}
// SIMDe's makes 2^n by itself, which is infinite where x * 2^n is not yet.
inline __m512 scaled(const __m512& x, const __m512& n) {
  __m512 y;
  for (size_t i = 0; i < 16; i++) {
    const float value = ldexpf(at<float>(&x, i), static_cast<int>(floorf(at<float>(&n, i))));
    memcpy(reinterpret_cast<float*>(&y) + i, &value, sizeof value);
  }
  return y;
}
// Estimates are taken exactly.
inline __m512 inverse(const __m512& x, bool of_root) {
  float parts[16];
  memcpy(parts, &x, sizeof parts);
  for (float& part : parts) part = 1.0f / (of_root ? sqrtf(part) : part);
  __m512 y;
  memcpy(&y, parts, sizeof y);
  return y;
}
inline int64_t add_lanes_64(const __m512i& x) {
  int64_t sum = 0;
  for (size_t i = 0; i < 8; i++) sum += at<int64_t>(&x, i);
  return sum;
}

inline __m512i shifted_64(const __m512i& x, const __m512i& counts) {
  __m512i y;
  for (size_t i = 0; i < 8; i++) {
    const uint64_t count = at<uint64_t>(&counts, i);
    const int64_t value = at<int64_t>(&x, i) >> (count > 63 ? 63 : count);
    memcpy(reinterpret_cast<int64_t*>(&y) + i, &value, sizeof value);
  }
  return y;
}
inline __m512d to_doubles(const __m512i& x) {
  __m512d y;
  for (size_t i = 0; i < 8; i++) {
    const double value = static_cast<double>(at<int64_t>(&x, i));
    memcpy(reinterpret_cast<double*>(&y) + i, &value, sizeof value);
  }
  return y;
}

// vdpbf16ps: pairs of bfloat16, the even product first; denormals count as 0 and results that are denormal become 0.
inline float flushed(uint32_t bits) {
  float value;
  if ((bits & 0x7f800000) == 0) bits &= 0x80000000;
  memcpy(&value, &bits, sizeof value);
  return value;
}
inline float flushed(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return flushed(bits);
}
inline __m512 dot_bf16(const __m512& sum, const __m512i& a, const __m512i& b) {
  __m512 result;
  for (size_t i = 0; i < 16; i++) {
    const uint32_t x = at<uint32_t>(&a, i), y = at<uint32_t>(&b, i);
    const float even = flushed(x << 16) * flushed(y << 16);
    const float odd = flushed(x & 0xffff0000) * flushed(y & 0xffff0000);
    const float total = flushed(flushed(at<float>(&sum, i) + even) + odd);
    memcpy(reinterpret_cast<float*>(&result) + i, &total, sizeof total);
  }
  return result;
}

}  // namespace
}  // namespace sinter_emulated

#define SINTER_HALVES(Wide, Half, f, x) \
  ::sinter_emulated::join<Wide>(f(::sinter_emulated::half<Half>(x, 0)), f(::sinter_emulated::half<Half>(x, 1)))

#undef _mm512_maskz_loadu_ps
#define _mm512_maskz_loadu_ps(mask, p) (::sinter_emulated::masked_load<__m512, float>(mask, p))
#undef _mm512_mask_storeu_ps
#define _mm512_mask_storeu_ps(p, mask, x) (::sinter_emulated::masked_store<__m512, float>(p, mask, x))
#undef _mm512_maskz_loadu_epi8
#define _mm512_maskz_loadu_epi8(mask, p) (::sinter_emulated::masked_load<__m512i, int8_t>(mask, p))
#undef _mm512_mask_storeu_epi8
#define _mm512_mask_storeu_epi8(p, mask, x) (::sinter_emulated::masked_store<__m512i, int8_t>(p, mask, x))
#undef _mm256_maskz_loadu_epi8
#define _mm256_maskz_loadu_epi8(mask, p) (::sinter_emulated::masked_load<__m256i, int8_t>(mask, p))
#undef _mm256_maskz_loadu_ps
#define _mm256_maskz_loadu_ps(mask, p) (::sinter_emulated::masked_load<__m256, float>(mask, p))
#undef _mm256_mask_storeu_ps
#define _mm256_mask_storeu_ps(p, mask, x) (::sinter_emulated::masked_store<__m256, float>(p, mask, x))
#undef _mm256_mask_storeu_epi8
#define _mm256_mask_storeu_epi8(p, mask, x) (::sinter_emulated::masked_store<__m256i, int8_t>(p, mask, x))
#undef _mm_maskz_loadu_epi8
#define _mm_maskz_loadu_epi8(mask, p) (::sinter_emulated::masked_load<__m128i, int8_t>(mask, p))
#undef _mm_mask_storeu_epi8
#define _mm_mask_storeu_epi8(p, mask, x) (::sinter_emulated::masked_store<__m128i, int8_t>(p, mask, x))

// SIMDe's alias has the wrong number of arguments.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#undef _mm512_cvtepu8_epi16
#define _mm512_cvtepu8_epi16(x) SINTER_HALVES(__m512i, __m128i, _mm256_cvtepu8_epi16, x)
#undef _mm512_cvtepi16_epi32
#define _mm512_cvtepi16_epi32(x) SINTER_HALVES(__m512i, __m128i, _mm256_cvtepi16_epi32, x)
#undef _mm512_cvtepi8_epi32
#define _mm512_cvtepi8_epi32(x) (::sinter_emulated::convert<int8_t, int32_t, __m512i, __m128i>(x, -128, 127))
#undef _mm512_cvtepu8_epi32
#define _mm512_cvtepu8_epi32(x) (::sinter_emulated::convert<uint8_t, int32_t, __m512i, __m128i>(x, 0, 255))
#undef _mm512_cvtusepi16_epi8
#define _mm512_cvtusepi16_epi8(x) (::sinter_emulated::convert<uint16_t, uint8_t, __m256i, __m512i>(x, 0, 255))
#undef _mm512_cvtusepi32_epi8
#define _mm512_cvtusepi32_epi8(x) (::sinter_emulated::convert<uint32_t, uint8_t, __m128i, __m512i>(x, 0, 255))

#undef _mm512_cvtps_epi32
#define _mm512_cvtps_epi32(x) SINTER_HALVES(__m512i, __m256, _mm256_cvtps_epi32, x)
#undef _mm512_cvttps_epi32
#define _mm512_cvttps_epi32(x) SINTER_HALVES(__m512i, __m256, _mm256_cvttps_epi32, x)
#undef _mm512_cvtepi32_ps
#define _mm512_cvtepi32_ps(x) SINTER_HALVES(__m512, __m256i, _mm256_cvtepi32_ps, x)
#undef _mm512_cvtph_ps
#define _mm512_cvtph_ps(x) SINTER_HALVES(__m512, __m128i, _mm256_cvtph_ps, x)
#undef _mm512_cvtps_pd
#define _mm512_cvtps_pd(x) SINTER_HALVES(__m512d, __m128, _mm256_cvtps_pd, x)
#undef _mm512_cvtpd_ps
#define _mm512_cvtpd_ps(x) SINTER_HALVES(__m256, __m256d, _mm256_cvtpd_ps, x)

#define SINTER_SRA(x) _mm256_sra_epi32(x, sinter_count)
#undef _mm512_sra_epi32
#define _mm512_sra_epi32(x, count)                                \
  ([](const __m512i& sinter_x, const __m128i sinter_count) {      \
    return SINTER_HALVES(__m512i, __m256i, SINTER_SRA, sinter_x); \
  }(x, count))
#undef _mm512_srai_epi32
#define _mm512_srai_epi32(x, count) _mm512_sra_epi32(x, _mm_cvtsi32_si128(count))
#undef _mm512_srav_epi64
#define _mm512_srav_epi64(x, counts) (::sinter_emulated::shifted_64(x, counts))
#undef _mm512_srai_epi64
#define _mm512_srai_epi64(x, count) (::sinter_emulated::shifted_64(x, _mm512_set1_epi64(count)))
#undef _mm512_cvtepi64_pd
#define _mm512_cvtepi64_pd(x) (::sinter_emulated::to_doubles(x))
#undef _mm512_cvttpd_epi32
#define _mm512_cvttpd_epi32(x) SINTER_HALVES(__m256i, __m256d, _mm256_cvttpd_epi32, x)
#undef _mm512_cvtepu32_epi64
#define _mm512_cvtepu32_epi64(x) SINTER_HALVES(__m512i, __m128i, _mm256_cvtepu32_epi64, x)
#undef _mm512_shuffle_epi32
#define _mm512_shuffle_epi32(x, how)                                                                          \
  ([](const __m512i& sinter_x) {                                                                              \
    const __m256i low = ::sinter_emulated::half<__m256i>(sinter_x, 0);                                        \
    const __m256i high = ::sinter_emulated::half<__m256i>(sinter_x, 1);                                       \
    return ::sinter_emulated::join<__m512i>(_mm256_shuffle_epi32(low, how), _mm256_shuffle_epi32(high, how)); \
  }(x))
#undef _mm512_cmpgt_epi16_mask
#define _mm512_cmpgt_epi16_mask(a, b) (::sinter_emulated::greater_16(a, b))
#undef _mm512_cmplt_epi32_mask
#define _mm512_cmplt_epi32_mask(a, b) (::sinter_emulated::less_32(a, b))
#undef _mm512_scalef_ps
#define _mm512_scalef_ps(x, n) (::sinter_emulated::scaled(x, n))
#undef _mm512_rcp14_ps
#define _mm512_rcp14_ps(x) (::sinter_emulated::inverse(x, false))
#undef _mm512_rsqrt14_ps
#define _mm512_rsqrt14_ps(x) (::sinter_emulated::inverse(x, true))
#undef _mm512_maskz_rsqrt14_ps
#define _mm512_maskz_rsqrt14_ps(mask, x) _mm512_maskz_mov_ps(mask, _mm512_rsqrt14_ps(x))
#undef _mm512_mask3_fmadd_ps
#define _mm512_mask3_fmadd_ps(a, b, c, mask) _mm512_mask_mov_ps(c, mask, _mm512_fmadd_ps(a, b, c))
#undef _mm512_reduce_ps
#define _mm512_reduce_ps(x, how) (::sinter_emulated::off_steps<(how) / 16>(x))
#undef _mm512_reduce_add_ps
#undef _mm512_roundscale_ps
#define _mm512_roundscale_ps(x, how) (::sinter_emulated::rounded<(how)>(x))
#define _mm512_reduce_add_ps(x) (::sinter_emulated::add_lanes(x))
#undef _mm512_reduce_max_ps
#define _mm512_reduce_max_ps(x) (::sinter_emulated::largest_lane(x))
#undef _mm512_reduce_add_epi64
#define _mm512_reduce_add_epi64(x) (::sinter_emulated::add_lanes_64(x))

#endif  // SINTER_TESTS_EMULATED_AVX512_MORE_H_
