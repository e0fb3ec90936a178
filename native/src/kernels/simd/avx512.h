// The vector operations of AVX-512 (F, BW, VL, DQ) that the elementwise algorithms are written in; simd/avx2.h offers
// the same names.
// SPDX-License-Identifier: Apache-2.0
//
// Only for x86_avx512*.cc files. All is in an anonymous namespace: each file has its own copy and exports nothing.
// Names: F floats, I 32-bit integers, S 16-bit integers, Y bytes; *_n touch n lanes only, from or to memory.
#ifndef SINTER_KERNELS_SIMD_AVX512_H_
#define SINTER_KERNELS_SIMD_AVX512_H_

#ifndef SINTER_EMULATED
#include <immintrin.h>
#endif
#include <stdint.h>

#define SINTER_LANE static inline __attribute__((always_inline))

namespace sinter {
namespace {

struct V {
  static constexpr int32_t W = 16, H = 32, B = 64, D = 8;  // lanes of 32, 16, 8 and 64 bits
  typedef __m512 F;
  typedef __m512i I;
  typedef __m512i S;
  typedef __m512i Y;

  SINTER_LANE uint64_t first(int64_t n) {
    return n >= 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1;
  }

  // ---- floats
  SINTER_LANE F load(const float* p) {
    return _mm512_loadu_ps(p);
  }
  SINTER_LANE F load_n(const float* p, int64_t n) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(first(n)), p);
  }
  SINTER_LANE void store(float* p, F x) {
    _mm512_storeu_ps(p, x);
  }
  SINTER_LANE void store_n(float* p, F x, int64_t n) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>(first(n)), x);
  }
  SINTER_LANE F set(float x) {
    return _mm512_set1_ps(x);
  }
  SINTER_LANE F add(F a, F b) {
    return _mm512_add_ps(a, b);
  }
  SINTER_LANE F sub(F a, F b) {
    return _mm512_sub_ps(a, b);
  }
  SINTER_LANE F mul(F a, F b) {
    return _mm512_mul_ps(a, b);
  }
  SINTER_LANE F div(F a, F b) {
    return _mm512_div_ps(a, b);
  }
  SINTER_LANE F fma(F a, F b, F c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  // NaN in either operand gives b.
  SINTER_LANE F min(F a, F b) {
    return _mm512_min_ps(a, b);
  }
  SINTER_LANE F max(F a, F b) {
    return _mm512_max_ps(a, b);
  }
  SINTER_LANE F if_not_negative(F x, F yes, F no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GE_OQ), no, yes);
  }
  SINTER_LANE F if_less(F a, F b, F yes, F no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes);
  }
  SINTER_LANE F nearest(F x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // e^x for x of -104 .. 89, within 1.2 units of the last place; 0 and infinity where it is beyond floats. x is
  // (n / 16) ln 2 + r: of 2^(n / 16) a table has the fraction, found by the low bits of what the sum with a large
  // number leaves; e^r - 1 = r + r^2 (1/2 + r / 6), fitted, 2^-29.
  SINTER_LANE F exponential_bounded(F x) {
    const F powers = _mm512_setr_ps(1.0f, 1.04427378f, 1.09050773f, 1.13878863f, 1.18920712f, 1.24185781f, 1.29683955f,
                                    1.35425555f, 1.41421356f, 1.47682615f, 1.54221083f, 1.61049033f, 1.68179283f,
                                    1.75625216f, 1.83400809f, 1.91520656f);
    const F large = _mm512_set1_ps(786432.0f);  // 1.5 times 2^19: a sum's last place is 1/16
    const F shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(1.44269504f), large), n = _mm512_sub_ps(shifted, large);
    const F power = _mm512_permutexvar_ps(_mm512_castps_si512(shifted), powers);
    F r = _mm512_fmadd_ps(n, _mm512_set1_ps(-0.693145752f), x);  // ln 2 in two parts; no sum with the first is rounded
    r = _mm512_fmadd_ps(n, _mm512_set1_ps(-1.42860677e-6f), r);
    F y = _mm512_fmadd_ps(r, _mm512_set1_ps(0.16667f), _mm512_set1_ps(0.5000162f));
    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(_mm512_fmadd_ps(_mm512_mul_ps(power, r), y, power), n);  // by 2^floor(n)
  }
  SINTER_LANE F exponential(F x) {  // for any x; NaN stays
    return exponential_falling(min(_mm512_set1_ps(89.0f), x));
  }
  SINTER_LANE F exponential_falling(F x) {  // for x <= 0
    return exponential_bounded(max(_mm512_set1_ps(-104.0f), x));
  }
  SINTER_LANE F sqrt(F x) {
    return _mm512_sqrt_ps(x);
  }
  SINTER_LANE F floor(F x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  }
  SINTER_LANE F ceil(F x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
  }
  SINTER_LANE F negate(F x) {
    return _mm512_xor_ps(x, _mm512_set1_ps(-0.0f));
  }
  SINTER_LANE F magnitude(F x) {
    return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), x);
  }
  SINTER_LANE F negative_magnitude(F x) {
    return _mm512_or_ps(x, _mm512_set1_ps(-0.0f));
  }
  SINTER_LANE F with_sign_of(F magnitude, F x) {
    const I sign = _mm512_set1_epi32(INT32_MIN);
    return from_bits(_mm512_ternarylogic_epi32(sign, bits(x), bits(magnitude), 0xca));  // sign ? x : magnitude
  }
  SINTER_LANE F larger_size(F a, F b) {  // a NaN may be left out
    return _mm512_range_ps(a, b, 0xb);
  }
  SINTER_LANE bool all_within(F x, float bound) {  // |x| <= bound; false with a NaN
    return _mm512_cmp_ps_mask(magnitude(x), _mm512_set1_ps(bound), _CMP_LE_OQ) == 0xffff;
  }
  SINTER_LANE I bits(F x) {
    return _mm512_castps_si512(x);
  }
  SINTER_LANE F from_bits(I x) {
    return _mm512_castsi512_ps(x);
  }
  SINTER_LANE float sum(F x) {
    return _mm512_reduce_add_ps(x);
  }
  SINTER_LANE float largest(F x) {
    return _mm512_reduce_max_ps(x);
  }

  // ---- 32-bit integers
  SINTER_LANE I set_i(int32_t x) {
    return _mm512_set1_epi32(x);
  }
  SINTER_LANE I add_i(I a, I b) {
    return _mm512_add_epi32(a, b);
  }
  SINTER_LANE I sub_i(I a, I b) {
    return _mm512_sub_epi32(a, b);
  }
  SINTER_LANE I and_i(I a, I b) {
    return _mm512_and_si512(a, b);
  }
  SINTER_LANE I xor_i(I a, I b) {
    return _mm512_xor_si512(a, b);
  }
  SINTER_LANE I shift_left_i(I x, int count) {
    return _mm512_slli_epi32(x, static_cast<unsigned>(count));
  }
  SINTER_LANE I min_i(I a, I b) {
    return _mm512_min_epi32(a, b);
  }
  SINTER_LANE I max_i(I a, I b) {
    return _mm512_max_epi32(a, b);
  }
  SINTER_LANE F to_float(I x) {
    return _mm512_cvtepi32_ps(x);
  }
  SINTER_LANE I to_int(F x) {  // to nearest even
    return _mm512_cvtps_epi32(x);
  }
  SINTER_LANE I to_int_truncated(F x) {
    return _mm512_cvttps_epi32(x);
  }
  SINTER_LANE I if_negative_i(I x, I yes, I no) {
    return _mm512_mask_blend_epi32(_mm512_cmplt_epi32_mask(x, _mm512_setzero_si512()), no, yes);
  }
  SINTER_LANE I load_wide(const int8_t* p) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  SINTER_LANE I load_wide(const uint8_t* p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  SINTER_LANE I load_wide_n(const int8_t* p, int64_t n) {
    return _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(static_cast<__mmask16>(first(n)), p));
  }
  SINTER_LANE I load_wide_n(const uint8_t* p, int64_t n) {
    return _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(static_cast<__mmask16>(first(n)), p));
  }
  SINTER_LANE __m128i narrowed(const int8_t*, I x) {
    return _mm512_cvtsepi32_epi8(x);
  }
  SINTER_LANE __m128i narrowed(const uint8_t*, I x) {
    return _mm512_cvtusepi32_epi8(_mm512_max_epi32(x, _mm512_setzero_si512()));
  }
  template <class T>
  SINTER_LANE void store_narrow(T* p, I x) {  // saturates
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), narrowed(p, x));
  }
  template <class T>
  SINTER_LANE void store_narrow_n(T* p, I x, int64_t n) {
    _mm_mask_storeu_epi8(p, static_cast<__mmask16>(first(n)), narrowed(p, x));
  }
  // Of 16 bits, as narrow() leaves them.
  template <class T>
  SINTER_LANE void store_narrow_2(T* p, S low, S high) {
    const I order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(p, _mm512_permutexvar_epi32(order, packed(p, low, high)));
  }
  // Saturates; of the order that low_times_128 and high_times_128 leave.
  SINTER_LANE Y packed(const int8_t*, S low, S high) {
    return _mm512_packs_epi16(low, high);
  }
  SINTER_LANE Y packed(const uint8_t*, S low, S high) {
    return _mm512_packus_epi16(low, high);
  }
  // fixed_multiply(x, factor) of quantize/fixed_point.h; left and right as there, mantissa >= 0.
  SINTER_LANE I fixed_multiply(I x, int32_t mantissa, int32_t left, int32_t right) {
    const I m = _mm512_set1_epi32(mantissa), nudge = _mm512_set1_epi64(int64_t{1} << 30);
    x = _mm512_sll_epi32(x, _mm_cvtsi32_si128(left));
    const I even = _mm512_add_epi64(_mm512_mul_epi32(x, m), nudge);
    const I odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(x, 32), m), nudge);
    I high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
    if (right == 0) return high;
    const I half = _mm512_set1_epi32(static_cast<int32_t>(1u << (right - 1)));
    high = _mm512_add_epi32(_mm512_add_epi32(high, _mm512_srai_epi32(high, 31)), half);
    return _mm512_sra_epi32(high, _mm_cvtsi32_si128(right));
  }

  // ---- 16-bit integers
  SINTER_LANE S zero() {
    return _mm512_setzero_si512();
  }
  SINTER_LANE S set_s(int32_t x) {
    return _mm512_set1_epi16(static_cast<int16_t>(x));
  }
  SINTER_LANE S load_half(const int8_t* p) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  SINTER_LANE S load_half(const uint8_t* p) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  SINTER_LANE S load_half_n(const int8_t* p, int64_t n) {
    return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(static_cast<__mmask32>(first(n)), p));
  }
  SINTER_LANE S load_half_n(const uint8_t* p, int64_t n) {
    return _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(static_cast<__mmask32>(first(n)), p));
  }
  SINTER_LANE __m256i halved(const int8_t*, S x) {
    return _mm512_cvtsepi16_epi8(x);
  }
  SINTER_LANE __m256i halved(const uint8_t*, S x) {
    return _mm512_cvtusepi16_epi8(_mm512_max_epi16(x, _mm512_setzero_si512()));
  }
  template <class T>
  SINTER_LANE void store_half(T* p, S x) {  // saturates
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), halved(p, x));
  }
  template <class T>
  SINTER_LANE void store_half_n(T* p, S x, int64_t n) {
    _mm256_mask_storeu_epi8(p, static_cast<__mmask32>(first(n)), halved(p, x));
  }
  SINTER_LANE S add_s(S a, S b) {
    return _mm512_add_epi16(a, b);
  }
  SINTER_LANE S add_saturated(S a, S b) {
    return _mm512_adds_epi16(a, b);
  }
  SINTER_LANE S sub_s(S a, S b) {
    return _mm512_sub_epi16(a, b);
  }
  SINTER_LANE S min_s(S a, S b) {
    return _mm512_min_epi16(a, b);
  }
  SINTER_LANE S max_s(S a, S b) {
    return _mm512_max_epi16(a, b);
  }
  SINTER_LANE S times_128(S a) {
    return _mm512_slli_epi16(a, 7);
  }
  SINTER_LANE S multiply_high_rounded(S a, S b) {  // (a * b + 2^14) >> 15
    return _mm512_mulhrs_epi16(a, b);
  }
  SINTER_LANE S if_negative_s(S x, S yes, S no) {
    return _mm512_mask_blend_epi16(_mm512_movepi16_mask(x), no, yes);
  }
  // Pairs (a, b) of 16 bits: the lower and upper half of each 128-bit group; narrow() undoes the order.
  SINTER_LANE I pairs_low(S a, S b) {
    return _mm512_unpacklo_epi16(a, b);
  }
  SINTER_LANE I pairs_high(S a, S b) {
    return _mm512_unpackhi_epi16(a, b);
  }
  SINTER_LANE I dot_pairs(I pairs, I factors) {
    return _mm512_madd_epi16(pairs, factors);
  }
  SINTER_LANE I add_dot_pairs(I sum, I pairs, I factors) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, factors));
  }
  SINTER_LANE I shift_left_15(I x) {
    return _mm512_slli_epi32(x, 15);
  }
  SINTER_LANE I shift_right(I x, int32_t count) {
    return _mm512_sra_epi32(x, _mm_cvtsi32_si128(count));
  }
  SINTER_LANE S narrow(I low, I high) {  // saturates
    return _mm512_packs_epi32(low, high);
  }
  // The 32-bit lanes of the lower and the upper half, in memory order.
  SINTER_LANE I widen_low(S x) {
    return _mm512_cvtepi16_epi32(_mm512_castsi512_si256(x));
  }
  SINTER_LANE I widen_high(S x) {
    return _mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(x, 1));
  }

  // ---- bytes
  SINTER_LANE Y load_bytes(const int8_t* p) {
    return _mm512_loadu_si512(p);
  }
  SINTER_LANE Y load_bytes_n(const int8_t* p, int64_t n) {
    return _mm512_maskz_loadu_epi8(first(n), p);
  }
  SINTER_LANE void store_bytes(int8_t* p, Y x) {
    _mm512_storeu_si512(p, x);
  }
  SINTER_LANE void store_bytes_n(int8_t* p, Y x, int64_t n) {
    _mm512_mask_storeu_epi8(p, first(n), x);
  }
  SINTER_LANE Y set_y(int32_t x) {
    return _mm512_set1_epi8(static_cast<int8_t>(x));
  }
  SINTER_LANE Y min_y(Y a, Y b) {
    return _mm512_min_epi8(a, b);
  }
  SINTER_LANE Y min_unsigned(Y a, Y b) {
    return _mm512_min_epu8(a, b);
  }
  SINTER_LANE Y max_unsigned(Y a, Y b) {
    return _mm512_max_epu8(a, b);
  }
  SINTER_LANE Y max_y(Y a, Y b) {
    return _mm512_max_epi8(a, b);
  }
  SINTER_LANE Y flip_sign(Y x) {
    return _mm512_xor_si512(x, _mm512_set1_epi8(-128));
  }
  SINTER_LANE Y load_bytes(const uint8_t* p) {
    return _mm512_loadu_si512(p);
  }
  SINTER_LANE Y load_bytes_n(const uint8_t* p, int64_t n) {
    return _mm512_maskz_loadu_epi8(first(n), p);
  }
  SINTER_LANE void store_bytes(uint8_t* p, Y x) {
    _mm512_storeu_si512(p, x);
  }
  SINTER_LANE void store_bytes_n(uint8_t* p, Y x, int64_t n) {
    _mm512_mask_storeu_epi8(p, first(n), x);
  }
  SINTER_LANE Y bound_bytes(const int8_t*, Y x, Y low, Y high) {
    return min_y(max_y(x, low), high);
  }
  SINTER_LANE Y bound_bytes(const uint8_t*, Y x, Y low, Y high) {
    return min_unsigned(max_unsigned(x, low), high);
  }
  // Bytes times 128 as 16 bits: the lower and upper half of each 128-bit group; packed() undoes the order. The pointer
  // says which bytes.
  SINTER_LANE S low_times_128(const int8_t*, Y x) {
    return _mm512_srai_epi16(_mm512_unpacklo_epi8(_mm512_setzero_si512(), x), 1);
  }
  SINTER_LANE S low_times_128(const uint8_t*, Y x) {
    return _mm512_srli_epi16(_mm512_unpacklo_epi8(_mm512_setzero_si512(), x), 1);
  }
  SINTER_LANE S high_times_128(const int8_t*, Y x) {
    return _mm512_srai_epi16(_mm512_unpackhi_epi8(_mm512_setzero_si512(), x), 1);
  }
  SINTER_LANE S high_times_128(const uint8_t*, Y x) {
    return _mm512_srli_epi16(_mm512_unpackhi_epi8(_mm512_setzero_si512(), x), 1);
  }
  // Sum of groups of unsigned bytes added to 64-bit sums, and their total.
  SINTER_LANE Y add_unsigned(Y sums, Y x) {
    return _mm512_add_epi64(sums, _mm512_sad_epu8(x, _mm512_setzero_si512()));
  }
  SINTER_LANE int32_t largest_y(Y x) {
    int8_t copy[B];
    store_bytes(copy, x);
    int32_t y = copy[0];
    for (int i = 1; i < B; i++) y = copy[i] > y ? copy[i] : y;
    return y;
  }

  // ---- doubles, for softmax's exponential
  typedef __m512d E;
  SINTER_LANE E set_d(double x) {
    return _mm512_set1_pd(x);
  }
  SINTER_LANE E load_d(const float* p) {  // D floats
    return _mm512_cvtps_pd(_mm256_loadu_ps(p));
  }
  SINTER_LANE void store_d(float* p, E x) {
    _mm256_storeu_ps(p, _mm512_cvtpd_ps(x));
  }
  SINTER_LANE E add_d(E a, E b) {
    return _mm512_add_pd(a, b);
  }
  SINTER_LANE E sub_d(E a, E b) {
    return _mm512_sub_pd(a, b);
  }
  SINTER_LANE E mul_d(E a, E b) {
    return _mm512_mul_pd(a, b);
  }
  SINTER_LANE E add_exponent(E x, E steps) {  // adds the low bits of steps to x's exponent
    const __m512i shifted = _mm512_slli_epi64(_mm512_castpd_si512(steps), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(x), shifted));
  }
  SINTER_LANE E zero_if_below(E value, E x, E bound) {
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(x, bound, _CMP_GE_OQ), value);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_AVX512_H_
