// The steps of softmax16: from a value's distance to the largest to its power of e, and from the powers' sum to the
// results. Internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SOFTMAX16_STEPS_H_
#define SINTER_KERNELS_SOFTMAX16_STEPS_H_

#include <stdint.h>

#include "core/host_device.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/softmax16/op.h"

#if defined(__CUDACC__)
#define SINTER_SOFTMAX16_INLINE SINTER_HOST_DEVICE inline
#else
#define SINTER_SOFTMAX16_INLINE inline __attribute__((always_inline))
#endif

namespace sinter {
namespace {

// A straight line between two entries, for t = 0 .. 65535.
SINTER_SOFTMAX16_INLINE int32_t softmax16_look_up(const int32_t* table, int32_t t) {
  const int32_t at = t >> 7, base = table[at];
  return base + (((table[at + 1] - base) * (t & 127) + 64) >> 7);
}

// Where in the table of powers a value stands. The distance to the row's largest is taken as a positive number, so that
// all shifts are of unsigned ones; the roundings are those of tfl.fixed_point for its negative.
struct Softmax16Place {
  int32_t left, right, whole_mantissa;
  uint64_t mantissa, half;

  explicit Softmax16Place(FixedFactor factor)
      : left(factor.shift > 0 ? factor.shift : 0),
        right(factor.shift > 0 ? 0 : -factor.shift),
        whole_mantissa(factor.mantissa),
        mantissa(static_cast<uint64_t>(factor.mantissa)),
        half(right > 0 ? uint64_t{1} << (right - 1) : 0) {}
  SINTER_SOFTMAX16_INLINE bool usual() const {
    return left <= 15;
  }
  SINTER_SOFTMAX16_INLINE int32_t of_usual(int32_t x, int32_t largest) const {
    const uint64_t distance = static_cast<uint32_t>(largest - x);
    const uint64_t steps = ((((distance << left) * mantissa + (uint64_t{1} << 30) - 1) >> 31) + half) >> right;
    return 65535 - static_cast<int32_t>(steps < 65535 ? steps : 65535);
  }
  // Scales so large that TFLite's shift passes 32 bits: it wraps, and what becomes positive counts as the largest.
  SINTER_SOFTMAX16_INLINE int32_t of_large(int32_t value, int32_t largest) const {
    const int32_t x = static_cast<int32_t>(static_cast<uint32_t>(value - largest) << left);
    const int64_t t = ((int64_t{x} * whole_mantissa + (int64_t{1} << 30)) >> 31) + 65535;
    return static_cast<int32_t>(t < 0 ? 0 : t > 65535 ? 65535 : t);
  }
};

// 1 / sum: the sum as 1 + x with 16 bits for x. Proper tables give between 15 and 31 bits.
struct Softmax16Inverse {
  uint32_t inverse, round;
  int32_t down;

  SINTER_HOST_DEVICE Softmax16Inverse(uint32_t sum, const int32_t* table) {
    sum = sum < 16384 ? 16384 : sum > INT32_MAX ? INT32_MAX : sum;
    const int32_t leading = leading_zeros(sum);
    const int64_t shifted = ((int64_t{sum} << (leading - 1)) + (1 << 13)) >> 14;
    int64_t t = shifted - 65536;
    t = t < 0 ? 0 : t > 65535 ? 65535 : t;
    inverse = static_cast<uint32_t>(softmax16_look_up(table, static_cast<int32_t>(t)));
    down = 31 - leading;
    round = uint32_t{1} << (down - 1);
  }
  SINTER_SOFTMAX16_INLINE int16_t operator()(int16_t power) const {
    const uint32_t value = (static_cast<uint32_t>(power) * inverse + round) >> down;
    return static_cast<int16_t>(value < 32767 ? value : 32767);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SOFTMAX16_STEPS_H_
