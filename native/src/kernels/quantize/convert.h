// What one quantize call needs, derived from its scales: which definition holds, its factors, and the function of a
// value. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_QUANTIZE_CONVERT_H_
#define SINTER_KERNELS_QUANTIZE_CONVERT_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/quantize/op.h"

namespace sinter {

// 8 bits -> 8 bits. `same_type`: both signed or both unsigned; only then is xnn.requantize defined, and only for
// ratios in [2^-8, 2^7]; all else is tfl.requantize.
struct Requantizer {
  bool by_256;         // xnn.requantize: multiplier in 1/256
  int32_t multiplier;  // 1..32768
  FixedFactor factor;  // tfl.requantize
};

static inline Requantizer requantizer(const QuantizeParams& p, bool same_type) {
  Requantizer r = {};
  const float ratio = p.in_scale / p.out_scale;
  r.by_256 = same_type && ratio >= 0.00390625f && ratio <= 128.0f;
  if (r.by_256) {
    r.multiplier = static_cast<int32_t>(lrintf(256.0f * ratio));
  } else {
    r.factor = fixed_factor(static_cast<double>(p.in_scale) / static_cast<double>(p.out_scale));
  }
  return r;
}

// The exact result for one value, before it is clamped to the output's type.
SINTER_HOST_DEVICE static inline int32_t requantize_one(const Requantizer& r, int32_t x, int32_t out_zero_point) {
  if (r.by_256) return ((x * r.multiplier + 128) >> 8) + out_zero_point;
  return fixed_multiply(x, r.factor) + out_zero_point;
}

template <class T>
SINTER_HOST_DEVICE static inline T clamp_to(int32_t value) {
  const int32_t low = static_cast<T>(-1) < 0 ? -128 : 0, high = static_cast<T>(-1) < 0 ? 127 : 255;
  return static_cast<T>(value < low ? low : value > high ? high : value);
}

// ---- functions of one value -----------------------------------------------------------------------

template <class T>
struct QuantizeTo {
  typedef float In;
  typedef T Out;
  float inverse;
  int32_t zero_point;
  explicit QuantizeTo(const QuantizeParams& p) : inverse(1.0f / p.out_scale), zero_point(p.out_zero_point) {}
  SINTER_HOST_DEVICE T operator()(float x) const {
    float scaled = x * inverse;
    if (!(scaled < 32767.0f)) scaled = 32767.0f;  // NaN too
    if (scaled < -32768.0f) scaled = -32768.0f;
    return clamp_to<T>(static_cast<int32_t>(lrintf(scaled)) + zero_point);
  }
};

// What holds a value less its zero point.
template <class T>
struct Difference {
  typedef int32_t type;
};
template <>
struct Difference<int32_t> {
  typedef int64_t type;
};

template <class T>
struct DequantizeFrom {
  typedef T In;
  typedef float Out;
  typedef typename Difference<T>::type Wide;
  float scale;
  int32_t zero_point;
  explicit DequantizeFrom(const QuantizeParams& p) : scale(p.in_scale), zero_point(p.in_zero_point) {}
  SINTER_HOST_DEVICE float operator()(T x) const {
    return static_cast<float>(static_cast<Wide>(x) - zero_point) * scale;
  }
};

template <class A, class B>
struct RequantizeBytes {
  typedef A In;
  typedef B Out;
  Requantizer by;
  int32_t in_zero_point, out_zero_point;
  explicit RequantizeBytes(const QuantizeParams& p)
      : by(requantizer(p, (static_cast<A>(-1) < 0) == (static_cast<B>(-1) < 0))),
        in_zero_point(p.in_zero_point),
        out_zero_point(p.out_zero_point) {}
  SINTER_HOST_DEVICE B operator()(A x) const {
    return clamp_to<B>(requantize_one(by, x - in_zero_point, out_zero_point));
  }
};

// ---- with 16 or 32 bits on a side, TFLite's own kernels' ------------------------------------------

template <class Out>
SINTER_HOST_DEVICE static inline Out clamp_wide(int64_t value) {
  const int64_t low = -(int64_t{1} << (8 * sizeof(Out) - 1)), high = -low - 1;
  return static_cast<Out>(value < low ? low : value > high ? high : value);
}

struct QuantizeTo16 {
  typedef float In;
  typedef int16_t Out;
  double scale;  // TFLite divides in doubles where the result has 16 bits
  int32_t zero_point;
  explicit QuantizeTo16(const QuantizeParams& p)
      : scale(static_cast<double>(p.out_scale)), zero_point(p.out_zero_point) {}
  SINTER_HOST_DEVICE int16_t operator()(float x) const {
    const double value = round(static_cast<double>(x) / scale);  // halves away from zero
    // What an int32 cannot hold, and what is no number, is its least value, as the conversion of x86 has it.
    const int64_t whole = value >= -2147483648.0 && value < 2147483648.0 ? static_cast<int64_t>(value) : INT32_MIN;
    return clamp_wide<int16_t>(whole + zero_point);
  }
};

template <class A, class B>
struct RequantizeWide {
  typedef A In;
  typedef B Out;
  FixedFactor factor;
  int32_t left, out_zero_point;
  uint32_t in_zero_point;  // differences and left shifts wrap in 32 bits, as TFLite's do
  explicit RequantizeWide(const QuantizeParams& p)
      : factor(fixed_factor(static_cast<double>(p.in_scale) / static_cast<double>(p.out_scale))),
        left(factor.shift > 0 ? factor.shift : 0),
        out_zero_point(p.out_zero_point),
        in_zero_point(static_cast<uint32_t>(p.in_zero_point)) {
    factor.shift -= left;
  }
  SINTER_HOST_DEVICE B operator()(A x) const {
    const uint32_t difference = (static_cast<uint32_t>(static_cast<int32_t>(x)) - in_zero_point) << left;
    return clamp_wide<B>(int64_t{fixed_multiply(static_cast<int32_t>(difference), factor)} + out_zero_point);
  }
};

}  // namespace sinter

#endif  // SINTER_KERNELS_QUANTIZE_CONVERT_H_
