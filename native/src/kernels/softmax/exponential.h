// The exponential that softmax is defined by: doubles in a fixed order, so that every ISA gets the same bits.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SOFTMAX_EXPONENTIAL_H_
#define SINTER_KERNELS_SOFTMAX_EXPONENTIAL_H_

#include <stdint.h>
#include <string.h>

#include "core/host_device.h"

namespace sinter {

// e^x for x <= 0, rounded to float; 0 below -87 (where floats become subnormal). Each product and sum is rounded on
// its own; a vector form does the same steps. x = n ln 2 + r with |r| <= ln 2 / 2; the polynomial is the Taylor series
// up to r^13, whose error (5e-18) is below what doubles resolve.
#define SINTER_EXP_LOWEST -87.0
#define SINTER_EXP_LOG2E 1.4426950408889634
#define SINTER_EXP_MAGIC 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer */
#define SINTER_EXP_LN2_HIGH 0.69314718036912382
#define SINTER_EXP_LN2_LOW 1.9082149292705877e-10
// 1 / k! for k = 13 .. 0
// clang-format off
#define SINTER_EXP_TERMS(T)                                                                         \
  T(1.6059043836821613e-10) T(2.08767569878681e-09) T(2.505210838544172e-08) T(2.755731922398589e-07) \
  T(2.7557319223985893e-06) T(2.48015873015873e-05) T(0.0001984126984126984) T(0.001388888888888889)  \
  T(0.008333333333333333) T(0.041666666666666664) T(0.16666666666666666) T(0.5) T(1.0) T(1.0)
// clang-format on

SINTER_HOST_DEVICE static inline float exp_of(float x_float) {
  const double x = static_cast<double>(x_float);
  if (!(x >= SINTER_EXP_LOWEST)) return 0.0f;
  const double shifted = x * SINTER_EXP_LOG2E + SINTER_EXP_MAGIC;
  const double n = shifted - SINTER_EXP_MAGIC;
  const double r = (x - n * SINTER_EXP_LN2_HIGH) - n * SINTER_EXP_LN2_LOW;
  double sum = 0.0;
#define SINTER_TERM(term) sum = sum * r + term;
  SINTER_EXP_TERMS(SINTER_TERM)
#undef SINTER_TERM
  // The low bits of `shifted` are n; added to the exponent they multiply by 2^n.
  uint64_t bits, steps;
  memcpy(&bits, &sum, 8);
  memcpy(&steps, &shifted, 8);
  bits += steps << 52;
  memcpy(&sum, &bits, 8);
  return static_cast<float>(sum);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_SOFTMAX_EXPONENTIAL_H_
