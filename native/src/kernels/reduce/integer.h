// The last steps of reductions in integers that XNNPACK has no kernels for, and the steps of products.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_REDUCE_INTEGER_H_
#define SINTER_KERNELS_REDUCE_INTEGER_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/reduce/op.h"
#include "kernels/reduce/scaling.h"

namespace sinter {
namespace {

template <class T>
SINTER_HOST_DEVICE inline T bounded(int64_t x) {
  const int64_t low = -(int64_t{1} << (8 * sizeof(T) - 1)), high = -low - 1;
  return static_cast<T>(x < low ? low : x > high ? high : x);
}

// tfl.mean: the factor of the scales divided by the count, in integers.
struct Mean16 {
  int32_t left;
  FixedFactor right;

  static inline Mean16 of(const ReduceParams& p, int64_t count) {
    FixedFactor f = fixed_factor(static_cast<double>(p.in_scale) / static_cast<double>(p.out_scale));
    int32_t bits = 63 - __builtin_clzll(static_cast<uint64_t>(count));
    bits = bits > 32 ? 32 : bits;
    bits = bits > 31 + f.shift ? 31 + f.shift : bits;
    f.mantissa = static_cast<int32_t>((int64_t{f.mantissa} << bits) / count);
    f.shift -= bits;
    const int32_t left = f.shift > 0 ? f.shift : 0;
    return {left, {f.mantissa, f.shift - left}};
  }
  SINTER_HOST_DEVICE int16_t operator()(uint32_t sum) const {
    return bounded<int16_t>(fixed_multiply(static_cast<int32_t>(sum << left), right));
  }
};

// tfl.sum16: in floats.
struct Sum16 {
  float scale;

  static inline Sum16 of(const ReduceParams& p) {
    return {p.in_scale / p.out_scale};
  }
  SINTER_HOST_DEVICE int16_t operator()(uint32_t sum) const {
    const float value = roundf(static_cast<float>(static_cast<int32_t>(sum)) * scale);
    return static_cast<int16_t>(value < -32768.0f ? -32768.0f : value > 32767.0f ? 32767.0f : value);
  }
};

struct Mean32 {
  int64_t count;
  SINTER_HOST_DEVICE int32_t operator()(int64_t sum) const {
    return static_cast<int32_t>(sum / count);
  }
};
struct Mean64 {
  int64_t count;
  SINTER_HOST_DEVICE int64_t operator()(uint64_t sum) const {
    return static_cast<int64_t>(sum) / count;
  }
};

// tfl.prod: each step is rescaled with a mantissa of 16 bits, halves up; a single factor is copied as it is stored.
template <class T>
struct Product {
  int64_t mantissa;
  int32_t right, zero, out_zero;

  static inline Product of(const ReduceParams& p, int64_t count) {
    const FixedFactor f = fixed_factor(count > 0 ? product_scale(p, count) : 1.0);
    const int64_t mantissa = f.mantissa < 0x7fff0000 ? (f.mantissa + (1 << 15)) >> 16 : 0x7fff;
    return {mantissa, 15 - f.shift, p.in_zero_point, p.out_zero_point};
  }
  SINTER_HOST_DEVICE int32_t scaled(int64_t x) const {
    const uint64_t wide = static_cast<uint64_t>(x) * static_cast<uint64_t>(mantissa) + (uint64_t{1} << (right - 1));
    return static_cast<int32_t>(static_cast<int64_t>(wide) >> right);
  }
  SINTER_HOST_DEVICE int32_t first(T x) const {
    return static_cast<int32_t>(x) - zero;
  }
  SINTER_HOST_DEVICE int32_t next(int32_t sum, T x) const {
    return scaled(int64_t{sum} * (static_cast<int32_t>(x) - zero));
  }
  SINTER_HOST_DEVICE T finish(int32_t sum) const {
    return bounded<T>(int64_t{scaled(sum)} + out_zero);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_REDUCE_INTEGER_H_
