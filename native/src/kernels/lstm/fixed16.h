// Logistic and tanh of 16-bit fixed-point numbers, and the scaling around them, as docs/numerics.md (tfl.lstm8) has it.
// SPDX-License-Identifier: Apache-2.0
//
// Qm.n: 16 bits with the sign, m before the point, n = 15 - m behind it. Sums wrap; products are doubled, rounded and
// cut to their upper half. Everything is static: files built for one ISA include it.
#ifndef SINTER_KERNELS_LSTM_FIXED16_H_
#define SINTER_KERNELS_LSTM_FIXED16_H_

#include <stdint.h>

#include "kernels/quantize/fixed_point.h"

namespace sinter {

// x / 2^shift, halves away from zero; shift 1..31.
static inline int32_t rounding_shift(int32_t x, int32_t shift) {
  const int64_t half = (int64_t{1} << (shift - 1)) + (x >> 31);
  return static_cast<int32_t>((x + half) >> shift);
}

// tfl.fixed_point with a left shift that wraps in 32 bits.
static inline int32_t scale_wrapping(int32_t x, FixedFactor f) {
  const int32_t left = f.shift > 0 ? f.shift : 0;
  const int64_t product = int64_t{static_cast<int32_t>(static_cast<uint32_t>(x) << left)} * f.mantissa;
  const int32_t high = static_cast<int32_t>((product + (int64_t{1} << 30)) >> 31);
  return f.shift < 0 ? rounding_shift(high, -f.shift) : high;
}

static inline int32_t clamp16(int32_t x) {
  return x < -32768 ? -32768 : x > 32767 ? 32767 : x;
}

static inline int16_t wrap16(int32_t x) {
  return static_cast<int16_t>(x);
}
// The product of Qa and Qb is Q(a + b).
static inline int16_t product16(int16_t a, int16_t b) {
  return wrap16((a * b + (1 << 14)) >> 15);
}
static inline int16_t shift_left16(int16_t x, int32_t shift) {
  const int32_t bound = (1 << (15 - shift)) - 1;
  return x > bound ? 32767 : x < -bound ? -32768 : wrap16(x * (1 << shift));
}

// e^(-2^k) for k = -2 .. 4 in Q0.15.
static const int16_t exp16_factors[7] = {25520, 19875, 12055, 4435, 600, 11, 0};

// e^x for x <= 0 in Q`bits`; the result in Q0, 1 as 32767. x = whole quarters - r with r in (0, 1/4].
static inline int16_t exp16(int16_t x, int32_t bits) {
  const int32_t quarter = 1 << (13 - bits);
  const int16_t rest = wrap16((x & (quarter - 1)) - quarter);
  const int16_t y = wrap16(wrap16(rest * (1 << bits)) + 4096);  // around -1/8; times 2^bits never saturates
  const int16_t y2 = product16(y, y), y3 = product16(y2, y), y4 = product16(y2, y2);
  const int16_t quarter_y4 = wrap16(rounding_shift(y4, 2));
  const int16_t sum = wrap16(rounding_shift(wrap16(product16(wrap16(quarter_y4 + y3), 10923) + y2), 1));
  int16_t result = wrap16(clamp16(28918 + product16(28918, wrap16(y + sum))));
  const uint16_t quarters = static_cast<uint16_t>(rest - x);
  for (int32_t k = 0; k < 7 && bits > k - 2; k++) {
    if (quarters >> (13 - bits + k) & 1) result = product16(result, exp16_factors[k]);
  }
  if (bits > 5 && x < -(1 << (20 - bits))) result = 0;  // below -32
  return x == 0 ? 32767 : result;
}

// 2 / (1 + x) in Q2 for x in [0, 1] in Q0: three steps of Newton's method.
static inline int16_t twice_inverse16(int16_t x) {
  const int16_t half = wrap16((x + 32768) >> 1);  // (1 + x) / 2, halves up
  int16_t y = wrap16(23130 + product16(half, -15420));
  for (int i = 0; i < 3; i++) {
    const int16_t miss = wrap16(8192 - product16(half, y));
    y = wrap16(y + shift_left16(product16(y, miss), 2));
  }
  return y;
}

// 1 / (1 + e^-x): x in Q3, the result in Q0.
static inline int16_t logistic16(int16_t x) {
  if (x == 0) return 16384;
  const int16_t y = shift_left16(twice_inverse16(exp16(x > 0 ? wrap16(-x) : x, 3)), 1);
  return x > 0 ? y : wrap16(32767 - y);
}

// tanh x: x in Q`bits`, bits 0..6, the result in Q0.
static inline int16_t tanh16(int16_t x, int32_t bits) {
  if (x == 0) return 0;
  const int16_t y = shift_left16(wrap16(twice_inverse16(exp16(x < 0 ? x : wrap16(-x), bits + 1)) - 8192), 2);
  return x < 0 ? wrap16(-y) : y;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_FIXED16_H_
