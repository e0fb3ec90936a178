// The vector operations of AVX2 that the elementwise algorithms are written in; simd/avx512.h offers the same names.
// SPDX-License-Identifier: Apache-2.0
//
// Only for x86_avx2*.cc files. All is in an anonymous namespace: each file has its own copy and exports nothing.
// Names: F floats, I 32-bit integers, S 16-bit integers, Y bytes; *_n touch n lanes only, from or to memory.
#ifndef SINTER_KERNELS_SIMD_AVX2_H_
#define SINTER_KERNELS_SIMD_AVX2_H_

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define SINTER_LANE static inline __attribute__((always_inline))

namespace sinter {
namespace {

struct V {
  static constexpr int32_t W = 8, H = 16, B = 32, D = 4;  // lanes of 32, 16, 8 and 64 bits
  typedef __m256 F;
  typedef __m256i I;
  typedef __m256i S;
  typedef __m256i Y;

  // ---- floats
  SINTER_LANE __m256i first(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  SINTER_LANE F load(const float* p) {
    return _mm256_loadu_ps(p);
  }
  SINTER_LANE F load_n(const float* p, int64_t n) {
    return _mm256_maskload_ps(p, first(n));
  }
  SINTER_LANE void store(float* p, F x) {
    _mm256_storeu_ps(p, x);
  }
  SINTER_LANE void store_n(float* p, F x, int64_t n) {
    _mm256_maskstore_ps(p, first(n), x);
  }
  SINTER_LANE F set(float x) {
    return _mm256_set1_ps(x);
  }
  SINTER_LANE F add(F a, F b) {
    return _mm256_add_ps(a, b);
  }
  SINTER_LANE F sub(F a, F b) {
    return _mm256_sub_ps(a, b);
  }
  SINTER_LANE F mul(F a, F b) {
    return _mm256_mul_ps(a, b);
  }
  SINTER_LANE F div(F a, F b) {
    return _mm256_div_ps(a, b);
  }
  SINTER_LANE F fma(F a, F b, F c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  // NaN in either operand gives b.
  SINTER_LANE F min(F a, F b) {
    return _mm256_min_ps(a, b);
  }
  SINTER_LANE F max(F a, F b) {
    return _mm256_max_ps(a, b);
  }
  SINTER_LANE F if_not_negative(F x, F yes, F no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GE_OQ));
  }
  SINTER_LANE F if_less(F a, F b, F yes, F no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
  }
  SINTER_LANE F nearest(F x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  SINTER_LANE F of_8(const float* values, I places) {  // by the low 3 bits of each place
    return _mm256_permutevar8x32_ps(_mm256_loadu_ps(values), places);
  }
  // e^x for x of -87.33654 .. 88.73, within 1.6 units of the last place. x is (n / 8) ln 2 + r, n rounded down, so that
  // 2^(n / 8) is infinite only where e^x is; e^r - 1 = r P(r), 2^-25.4.
  SINTER_LANE F exponential_normal(F x) {
    // 2^(n / 8), place i less i / 8 of its exponent: the shifted n adds that again.
    const I powers = _mm256_setr_epi32(0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7, 0x3f7504f3, 0x3f75672a,
                                       0x3f7744fd, 0x3f7ac0c7);
    const F large = _mm256_set1_ps(1572864.0f);  // 1.5 times 2^20: a sum's last place is 1/8
    const F shifted = _mm256_add_ps(_mm256_fmadd_ps(x, _mm256_set1_ps(1.44269504f), _mm256_set1_ps(-0.0625f)), large);
    const F n = _mm256_sub_ps(shifted, large);
    F r = _mm256_fmadd_ps(n, _mm256_set1_ps(-0.693145752f), x);  // ln 2 in two parts; the first times n is exact
    r = _mm256_fmadd_ps(n, _mm256_set1_ps(-1.42860677e-6f), r);
    const I power =
        _mm256_add_epi32(_mm256_permutevar8x32_epi32(powers, bits(shifted)), _mm256_slli_epi32(bits(shifted), 20));
    F y = _mm256_fmadd_ps(r, _mm256_set1_ps(0.173726544f), _mm256_set1_ps(0.49964571f));
    y = _mm256_fmadd_ps(y, r, _mm256_set1_ps(1.00000501f));
    return _mm256_fmadd_ps(_mm256_mul_ps(from_bits(power), r), y, from_bits(power));
  }
  // e^x for any x; 0 where it is no normal float. NaN stays.
  SINTER_LANE F exponential(F x) {
    return exponential_falling(min(_mm256_set1_ps(88.73f), x));
  }
  SINTER_LANE F exponential_falling(F x) {  // for x <= 0
    const F least = _mm256_set1_ps(-87.3365402f);
    return _mm256_andnot_ps(_mm256_cmp_ps(x, least, _CMP_LT_OQ), exponential_normal(max(least, x)));
  }
  SINTER_LANE F sqrt(F x) {
    return _mm256_sqrt_ps(x);
  }
  SINTER_LANE F floor(F x) {
    return _mm256_floor_ps(x);
  }
  SINTER_LANE F ceil(F x) {
    return _mm256_ceil_ps(x);
  }
  SINTER_LANE F negate(F x) {
    return _mm256_xor_ps(x, _mm256_set1_ps(-0.0f));
  }
  SINTER_LANE F magnitude(F x) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
  }
  SINTER_LANE F negative_magnitude(F x) {
    return _mm256_or_ps(x, _mm256_set1_ps(-0.0f));
  }
  SINTER_LANE F larger_size(F a, F b) {  // a NaN may be left out
    return max(magnitude(a), magnitude(b));
  }
  SINTER_LANE bool all_within(F x, float bound) {  // |x| <= bound; false with a NaN
    return _mm256_movemask_ps(_mm256_cmp_ps(magnitude(x), _mm256_set1_ps(bound), _CMP_LE_OQ)) == 0xff;
  }
  SINTER_LANE I bits(F x) {
    return _mm256_castps_si256(x);
  }
  SINTER_LANE F from_bits(I x) {
    return _mm256_castsi256_ps(x);
  }
  SINTER_LANE float sum(F x) {
    __m128 y = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    y = _mm_add_ps(y, _mm_movehl_ps(y, y));
    return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
  }
  SINTER_LANE float largest(F x) {
    __m128 y = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    y = _mm_max_ps(y, _mm_movehl_ps(y, y));
    return _mm_cvtss_f32(_mm_max_ss(y, _mm_movehdup_ps(y)));
  }

  // ---- 32-bit integers
  SINTER_LANE I set_i(int32_t x) {
    return _mm256_set1_epi32(x);
  }
  SINTER_LANE I add_i(I a, I b) {
    return _mm256_add_epi32(a, b);
  }
  SINTER_LANE I sub_i(I a, I b) {
    return _mm256_sub_epi32(a, b);
  }
  SINTER_LANE I and_i(I a, I b) {
    return _mm256_and_si256(a, b);
  }
  SINTER_LANE I xor_i(I a, I b) {
    return _mm256_xor_si256(a, b);
  }
  SINTER_LANE I shift_left_i(I x, int count) {
    return _mm256_slli_epi32(x, count);
  }
  SINTER_LANE I min_i(I a, I b) {
    return _mm256_min_epi32(a, b);
  }
  SINTER_LANE I max_i(I a, I b) {
    return _mm256_max_epi32(a, b);
  }
  SINTER_LANE F to_float(I x) {
    return _mm256_cvtepi32_ps(x);
  }
  SINTER_LANE I to_int(F x) {  // to nearest even
    return _mm256_cvtps_epi32(x);
  }
  SINTER_LANE I to_int_truncated(F x) {
    return _mm256_cvttps_epi32(x);
  }
  SINTER_LANE I if_negative_i(I x, I yes, I no) {
    return _mm256_blendv_epi8(no, yes, _mm256_srai_epi32(x, 31));
  }
  SINTER_LANE I load_wide(const int8_t* p) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  }
  SINTER_LANE I load_wide(const uint8_t* p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  }
  template <class T>
  SINTER_LANE I load_wide_n(const T* p, int64_t n) {
    T copy[W] = {};
    memcpy(copy, p, static_cast<size_t>(n));
    return load_wide(copy);
  }
  // Saturates.
  SINTER_LANE void store_narrow(int8_t* p, I x) {
    const __m128i s = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(s, s));
  }
  SINTER_LANE void store_narrow(uint8_t* p, I x) {
    const __m128i s = _mm_packs_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(s, s));
  }
  template <class T>
  SINTER_LANE void store_narrow_n(T* p, I x, int64_t n) {
    T copy[W];
    store_narrow(copy, x);
    memcpy(p, copy, static_cast<size_t>(n));
  }
  // Four vectors in memory order, saturated.
  SINTER_LANE Y in_order(Y x) {
    return _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  }
  // Of 16 bits, as narrow() leaves them.
  SINTER_LANE void store_narrow_2(int8_t* p, S low, S high) {
    store_bytes(p, in_order(_mm256_packs_epi16(low, high)));
  }
  SINTER_LANE void store_narrow_2(uint8_t* p, S low, S high) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), in_order(_mm256_packus_epi16(low, high)));
  }
  // fixed_multiply(x, factor) of quantize/fixed_point.h; left and right as there, mantissa >= 0.
  SINTER_LANE I fixed_multiply(I x, int32_t mantissa, int32_t left, int32_t right) {
    const I m = _mm256_set1_epi32(mantissa), nudge = _mm256_set1_epi64x(int64_t{1} << 30);
    x = _mm256_sll_epi32(x, _mm_cvtsi32_si128(left));
    const I even = _mm256_add_epi64(_mm256_mul_epi32(x, m), nudge);
    const I odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), m), nudge);
    I high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
    if (right == 0) return high;
    const I half = _mm256_set1_epi32(static_cast<int32_t>(1u << (right - 1)));
    high = _mm256_add_epi32(_mm256_add_epi32(high, _mm256_srai_epi32(high, 31)), half);
    return _mm256_sra_epi32(high, _mm_cvtsi32_si128(right));
  }

  // ---- 16-bit integers
  SINTER_LANE S zero() {
    return _mm256_setzero_si256();
  }
  SINTER_LANE S set_s(int32_t x) {
    return _mm256_set1_epi16(static_cast<int16_t>(x));
  }
  SINTER_LANE S load_half(const int8_t* p) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  SINTER_LANE S load_half(const uint8_t* p) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  template <class T>
  SINTER_LANE S load_half_n(const T* p, int64_t n) {
    T copy[H] = {};
    memcpy(copy, p, static_cast<size_t>(n));
    return load_half(copy);
  }
  SINTER_LANE void store_half(int8_t* p, S x) {
    const __m128i y = _mm_packs_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), y);
  }
  SINTER_LANE void store_half(uint8_t* p, S x) {
    const __m128i y = _mm_packus_epi16(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), y);
  }
  template <class T>
  SINTER_LANE void store_half_n(T* p, S x, int64_t n) {
    T copy[H];
    store_half(copy, x);
    memcpy(p, copy, static_cast<size_t>(n));
  }
  SINTER_LANE S add_s(S a, S b) {
    return _mm256_add_epi16(a, b);
  }
  SINTER_LANE S add_saturated(S a, S b) {
    return _mm256_adds_epi16(a, b);
  }
  SINTER_LANE S sub_s(S a, S b) {
    return _mm256_sub_epi16(a, b);
  }
  SINTER_LANE S min_s(S a, S b) {
    return _mm256_min_epi16(a, b);
  }
  SINTER_LANE S max_s(S a, S b) {
    return _mm256_max_epi16(a, b);
  }
  SINTER_LANE S times_128(S a) {
    return _mm256_slli_epi16(a, 7);
  }
  SINTER_LANE S multiply_high_rounded(S a, S b) {  // (a * b + 2^14) >> 15
    return _mm256_mulhrs_epi16(a, b);
  }
  SINTER_LANE S if_negative_s(S x, S yes, S no) {  // for a `yes` and `no` that stay: a blend is three instructions
    return _mm256_xor_si256(no, _mm256_and_si256(_mm256_xor_si256(yes, no), _mm256_srai_epi16(x, 15)));
  }
  // Pairs (a, b) of 16 bits: the lower and upper half of each 128-bit group; narrow() undoes the order.
  SINTER_LANE I pairs_low(S a, S b) {
    return _mm256_unpacklo_epi16(a, b);
  }
  SINTER_LANE I pairs_high(S a, S b) {
    return _mm256_unpackhi_epi16(a, b);
  }
  SINTER_LANE I dot_pairs(I pairs, I factors) {
    return _mm256_madd_epi16(pairs, factors);
  }
  SINTER_LANE I add_dot_pairs(I sum, I pairs, I factors) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, factors));
  }
  SINTER_LANE I shift_left_15(I x) {
    return _mm256_slli_epi32(x, 15);
  }
  SINTER_LANE I shift_right(I x, int32_t count) {
    return _mm256_sra_epi32(x, _mm_cvtsi32_si128(count));
  }
  SINTER_LANE S narrow(I low, I high) {  // saturates
    return _mm256_packs_epi32(low, high);
  }
  // The 32-bit lanes of the lower and the upper half, in memory order.
  SINTER_LANE I widen_low(S x) {
    return _mm256_cvtepi16_epi32(_mm256_castsi256_si128(x));
  }
  SINTER_LANE I widen_high(S x) {
    return _mm256_cvtepi16_epi32(_mm256_extracti128_si256(x, 1));
  }

  // ---- bytes
  SINTER_LANE Y load_bytes(const int8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  SINTER_LANE Y load_bytes_n(const int8_t* p, int64_t n) {
    int8_t copy[B] = {};
    memcpy(copy, p, static_cast<size_t>(n));
    return load_bytes(copy);
  }
  SINTER_LANE void store_bytes(int8_t* p, Y x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  SINTER_LANE void store_bytes_n(int8_t* p, Y x, int64_t n) {
    int8_t copy[B];
    store_bytes(copy, x);
    memcpy(p, copy, static_cast<size_t>(n));
  }
  SINTER_LANE Y set_y(int32_t x) {
    return _mm256_set1_epi8(static_cast<int8_t>(x));
  }
  SINTER_LANE Y min_y(Y a, Y b) {
    return _mm256_min_epi8(a, b);
  }
  SINTER_LANE Y min_unsigned(Y a, Y b) {
    return _mm256_min_epu8(a, b);
  }
  SINTER_LANE Y max_unsigned(Y a, Y b) {
    return _mm256_max_epu8(a, b);
  }
  SINTER_LANE Y max_y(Y a, Y b) {
    return _mm256_max_epi8(a, b);
  }
  SINTER_LANE Y flip_sign(Y x) {
    return _mm256_xor_si256(x, _mm256_set1_epi8(-128));
  }
  SINTER_LANE Y load_bytes(const uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  SINTER_LANE Y load_bytes_n(const uint8_t* p, int64_t n) {
    return load_bytes_n(reinterpret_cast<const int8_t*>(p), n);
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
    return _mm256_srai_epi16(_mm256_unpacklo_epi8(_mm256_setzero_si256(), x), 1);
  }
  SINTER_LANE S low_times_128(const uint8_t*, Y x) {
    return _mm256_srli_epi16(_mm256_unpacklo_epi8(_mm256_setzero_si256(), x), 1);
  }
  SINTER_LANE S high_times_128(const int8_t*, Y x) {
    return _mm256_srai_epi16(_mm256_unpackhi_epi8(_mm256_setzero_si256(), x), 1);
  }
  SINTER_LANE S high_times_128(const uint8_t*, Y x) {
    return _mm256_srli_epi16(_mm256_unpackhi_epi8(_mm256_setzero_si256(), x), 1);
  }
  SINTER_LANE Y packed(const int8_t*, S low, S high) {  // saturates
    return _mm256_packs_epi16(low, high);
  }
  SINTER_LANE Y packed(const uint8_t*, S low, S high) {
    return _mm256_packus_epi16(low, high);
  }
  SINTER_LANE void store_bytes(uint8_t* p, Y x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
  }
  SINTER_LANE void store_bytes_n(uint8_t* p, Y x, int64_t n) {
    store_bytes_n(reinterpret_cast<int8_t*>(p), x, n);
  }
  // Sum of groups of unsigned bytes added to 64-bit sums, and their total.
  SINTER_LANE Y add_unsigned(Y sums, Y x) {
    return _mm256_add_epi64(sums, _mm256_sad_epu8(x, _mm256_setzero_si256()));
  }
  SINTER_LANE int32_t largest_y(Y x) {
    int8_t copy[B];
    store_bytes(copy, x);
    int32_t y = copy[0];
    for (int i = 1; i < B; i++) y = copy[i] > y ? copy[i] : y;
    return y;
  }

  // ---- doubles, for softmax's exponential
  typedef __m256d E;
  SINTER_LANE E set_d(double x) {
    return _mm256_set1_pd(x);
  }
  SINTER_LANE E load_d(const float* p) {  // D floats
    return _mm256_cvtps_pd(_mm_loadu_ps(p));
  }
  SINTER_LANE void store_d(float* p, E x) {
    _mm_storeu_ps(p, _mm256_cvtpd_ps(x));
  }
  SINTER_LANE E add_d(E a, E b) {
    return _mm256_add_pd(a, b);
  }
  SINTER_LANE E sub_d(E a, E b) {
    return _mm256_sub_pd(a, b);
  }
  SINTER_LANE E mul_d(E a, E b) {
    return _mm256_mul_pd(a, b);
  }
  SINTER_LANE E add_exponent(E x, E steps) {  // adds the low bits of steps to x's exponent
    const __m256i shifted = _mm256_slli_epi64(_mm256_castpd_si256(steps), 52);
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(x), shifted));
  }
  SINTER_LANE E zero_if_below(E value, E x, E bound) {
    return _mm256_and_pd(value, _mm256_cmp_pd(x, bound, _CMP_GE_OQ));
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_AVX2_H_
