// Functions that AVX-512 has faster than by vector.h's algorithms: tables of 16 or 32 values lie in registers and are
// permuted. Included by x86_avx512.cc alone.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_UNARY_TABLES_AVX512_H_
#define SINTER_KERNELS_UNARY_TABLES_AVX512_H_

#include "kernels/unary/pieces.h"
#include "kernels/unary/vector.h"

namespace sinter {
namespace {

SINTER_LANE F of_32(const float* values, I places) {  // by the low 5 bits of each place
  return _mm512_permutex2var_ps(_mm512_loadu_ps(values), places, _mm512_loadu_ps(values + 16));
}

template <int N>
SINTER_LANE F piece(F r, I places, const float (&terms)[N][32]) {
  F sum = of_32(terms[0], places);
#pragma GCC unroll 8
  for (int i = 1; i < N; i++) sum = V::fma(sum, r, of_32(terms[i], places));
  return sum;
}

struct PiecesTanh {
  SINTER_LANE F of(F x) {
    const F size = V::min(V::set(9.02f), V::magnitude(x));  // NaN stays
    const I places = _mm512_srli_epi32(V::bits(V::fma(size, V::set(0.83f), V::set(0.5f))), 20);
    return V::with_sign_of(piece(V::sub(size, of_32(tanh_middles, places)), places, tanh_pieces), x);
  }
};

// x of (1 + erf(x / sqrt(2))) / 2, or of what approximates it; NaN stays by the product.
template <int N>
SINTER_LANE F gelu_in_pieces(F x, const float (&terms)[N][32]) {
  const F bounded = _mm512_range_ps(x, V::set(7.7f), 0x2);  // the smaller size with x's sign
  const F off = _mm512_reduce_ps(bounded, 1 << 4 | _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);  // from a half
  const I places = V::bits(V::add(bounded, V::set(6291456.0f)));  // 1.5 times 2^22: a sum's last place is a half
  return V::mul(x, piece(off, places, terms));
}
struct PiecesGelu {
  SINTER_LANE F of(F x) {
    return gelu_in_pieces(x, gelu_pieces);
  }
};
struct PiecesGeluApproximate {
  SINTER_LANE F of(F x) {
    return gelu_in_pieces(x, gelu_approximate_pieces);
  }
};

// e^x - 1 = 2^(n / 16) (e^r - 1) + (2^(n / 16) - 1). What the rounded power lacks is added to r: near 0 it would count.
struct TableElu {
  SINTER_LANE F of(F x) {
    const __mmask16 below = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    const F size = V::max(V::set(-30.0f), x), large = V::set(786432.0f);  // 1.5 times 2^19: a sum's last place is 1/16
    const F shifted = V::fma(size, V::set(1.44269504f), large), n = V::sub(shifted, large);
    const I places = V::bits(shifted), bits = _mm512_permutexvar_epi32(places, _mm512_loadu_si512(power_bits));
    const F power = V::from_bits(V::add_i(bits, V::shift_left_i(places, 19)));
    const F lack = _mm512_permutexvar_ps(places, _mm512_loadu_ps(power_lacks));
    const F r = V::add(V::fma(n, V::set(-0.693147181f), size), lack);
    const F near_0 = V::fma(V::mul(r, r), V::fma(r, V::set(0.16667f), V::set(0.5000162f)), r);
    const F less_1 = _mm512_mask_sub_ps(x, below, power, V::set(1.0f));
    return _mm512_mask3_fmadd_ps(power, near_0, less_1, below);
  }
};

// Of two vectors one by the instruction, which keeps the divider busy for as long as an estimate of 1 / sqrt(x) and its
// correction take for the other: a step for the root and half its inverse, then what remains of x. That is rounded as
// the instruction rounds for all fractions, tried one by one, and for exponents that keep the remainder normal.
struct SharedSqrt {
  SINTER_LANE void of_two(F& x, F& y) {
    const __mmask16 above = _mm512_cmp_ps_mask(y, _mm512_set1_ps(0x1p-100f), _CMP_GE_OQ);
    const __mmask16 usual = above & _mm512_cmp_ps_mask(y, _mm512_set1_ps(0x1p126f), _CMP_LE_OQ);
    const __mmask16 zero = _mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_EQ_OQ);
    x = V::sqrt(x);
    if (__builtin_expect((usual | zero) != 0xffff, 0)) {
      y = V::sqrt(y);
      return;
    }
    const F near = _mm512_maskz_rsqrt14_ps(usual, y);  // 0 stays 0
    F root = V::mul(y, near), half = V::mul(near, V::set(0.5f));
    const F off = _mm512_fnmadd_ps(root, half, V::set(0.5f));
    root = V::fma(root, off, root);
    half = V::fma(half, off, half);
    y = V::fma(_mm512_fnmadd_ps(root, root, y), half, root);
  }
};

// An estimate and a Newton step.
struct EstimatedRsqrt {
  SINTER_LANE F of(F x) {
    const F near = _mm512_rsqrt14_ps(x);
    const F off = _mm512_fnmadd_ps(V::mul(x, near), near, V::set(1.0f));
    // Of 0 and infinity `off` is a NaN, and the estimate the result.
    const __mmask16 known = _mm512_cmp_ps_mask(off, off, _CMP_ORD_Q);
    return _mm512_mask_fmadd_ps(near, known, V::mul(off, V::set(0.5f)), near);
  }
};

// f = e^-|x| / (1 + e^-|x|), or 1 - f. The power is that of exp by a table of 32, and thus of one term less: e^r - 1 =
// r (1 + r / 2), fitted, 2^-24.2.
struct TableLogistic {
  SINTER_LANE F of(F x) {
    const F size = V::max(V::set(-104.0f), V::negative_magnitude(x));
    const F large = V::set(393216.0f);  // 1.5 times 2^18: a sum's last place is 1/32
    const F shifted = V::fma(size, V::set(1.44269504f), large), n = V::sub(shifted, large);
    const F two = of_32(powers_of_32, V::bits(shifted)), r = without_twos(size, n);
    const F terms = V::fma(V::mul(two, r), V::fma(r, V::set(0.5f), V::set(1.00001466f)), two);
    const F power = _mm512_scalef_ps(terms, n), one = V::set(1.0f), f = V::div(power, V::add(one, power));
    return _mm512_mask_sub_ps(f, _mm512_cmp_ps_mask(x, V::set(0.0f), _CMP_GE_OQ), one, f);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_UNARY_TABLES_AVX512_H_
