// Functions that AVX2 has by its own instructions. Included by x86_avx2.cc alone.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_UNARY_FORMS_AVX2_H_
#define SINTER_KERNELS_UNARY_FORMS_AVX2_H_

#include "kernels/unary/vector.h"

namespace sinter {
namespace {

// An estimate of 12 bits and a step of third order: by what x times its square lacks to 1, which is infinite or a NaN
// for any x that is not normal and positive.
struct EstimatedRsqrt {
  SINTER_LANE F lack(F x, F near) {
    return _mm256_fnmadd_ps(V::mul(x, near), near, V::set(1.0f));
  }
  SINTER_LANE F step(F near, F off) {
    return V::fma(V::mul(near, off), V::fma(off, V::set(0.375f), V::set(0.5f)), near);
  }
  SINTER_LANE F is_finite(F off) {
    const F zero = V::sub(off, off);  // or a NaN
    return _mm256_cmp_ps(zero, zero, _CMP_ORD_Q);
  }
  SINTER_LANE F exact(F x) {
    return V::div(V::set(1.0f), V::sqrt(x));
  }
  SINTER_LANE void of_two(F& x, F& y) {
    const F near_x = _mm256_rsqrt_ps(x), off_x = lack(x, near_x), near_y = _mm256_rsqrt_ps(y), off_y = lack(y, near_y);
    const F off = V::add(off_x, off_y);
    const bool all = _mm256_movemask_ps(is_finite(off)) == 0xff;
    const F fast_x = step(near_x, off_x), fast_y = step(near_y, off_y);
    // Each for itself: what stands beside a value, zeros behind the last ones among them, must not change its result.
    x = __builtin_expect(all, 1) ? fast_x : _mm256_blendv_ps(exact(x), fast_x, is_finite(off_x));
    y = __builtin_expect(all, 1) ? fast_y : _mm256_blendv_ps(exact(y), fast_y, is_finite(off_y));
  }
};

// 2^n / (2^n + e^-r), x = n ln 2 + r, both sides times 2^24, so that nothing is subnormal. n has 3 bits behind the
// point, which its shifted bits make (1 + i / 8) of, not 2^(i / 8): the table's factor of e^-r makes up for it.
// e^-r - 1 = r P(r), 2^-25.2.
struct TableLogistic {
  SINTER_LANE F of(F x) {
    static const float linear_by_powers[] = {16777216.0f, 17307872.0f, 17634876.0f, 17788378.0f,
                                             17794924.0f, 17677852.0f, 17457636.0f, 17152204.0f};
    const F size = V::min(V::set(32.0f), V::max(V::set(-104.67f), x));
    const F large = V::set(1572864.0f);  // 1.5 times 2^20: a sum's last place is 1/8
    const F shifted = V::fma(size, V::set(1.44269504f), large), r = without_twos(size, V::sub(shifted, large));
    const F near = V::of_8(linear_by_powers, V::bits(shifted));
    const F by_r = V::fma(V::fma(r, V::set(-0.166668579f), V::set(0.500064492f)), r, V::set(-1.0f));
    const F e = V::fma(V::mul(near, r), by_r, near);
    const F power = V::from_bits(V::add_i(V::shift_left_i(V::bits(shifted), 20), V::set_i((127 + 24) << 23)));
    return V::div(power, V::add(power, e));
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_UNARY_FORMS_AVX2_H_
