// softmax16 as loops that the compiler makes vectors of: built for the baseline and once more for AVX2, which gathers.
// Internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SOFTMAX16_ROWS_H_
#define SINTER_KERNELS_SOFTMAX16_ROWS_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/softmax16/op.h"

namespace sinter {
namespace {

// A straight line between two entries, for t = 0 .. 65535.
inline __attribute__((always_inline)) int32_t softmax16_look_up(const int32_t* table, int32_t t) {
  const int32_t at = t >> 7, base = table[at];
  return base + (((table[at + 1] - base) * (t & 127) + 64) >> 7);
}

// The distance to the row's largest is taken as a positive number, so that all shifts are of unsigned ones; the
// roundings are those of tfl.fixed_point for its negative.
void softmax16_row(const int16_t* in, const int32_t* tables, int16_t* out, int32_t depth, FixedFactor factor) {
  int16_t largest = -32768;
  for (int32_t i = 0; i < depth; i++) largest = in[i] > largest ? in[i] : largest;
  const uint64_t mantissa = static_cast<uint64_t>(factor.mantissa);
  const int32_t left = factor.shift > 0 ? factor.shift : 0, right = factor.shift > 0 ? 0 : -factor.shift;
  const uint64_t half = right > 0 ? uint64_t{1} << (right - 1) : 0;
  uint32_t sum = 0;
  const auto add = [&](int32_t i, int32_t t) __attribute__((always_inline)) {
    const int32_t power = softmax16_look_up(tables, t);
    out[i] = static_cast<int16_t>(power);
    sum += static_cast<uint32_t>(power);
  };
  if (left <= 15) {
    for (int32_t i = 0; i < depth; i++) {
      const uint64_t distance = static_cast<uint32_t>(largest - in[i]);
      const uint64_t steps = ((((distance << left) * mantissa + (uint64_t{1} << 30) - 1) >> 31) + half) >> right;
      add(i, 65535 - static_cast<int32_t>(steps < 65535 ? steps : 65535));
    }
  } else {
    // Scales so large that TFLite's shift passes 32 bits: it wraps, and what becomes positive counts as the largest.
    for (int32_t i = 0; i < depth; i++) {
      const int32_t x = static_cast<int32_t>(static_cast<uint32_t>(in[i] - largest) << left);
      const int64_t t = ((int64_t{x} * factor.mantissa + (int64_t{1} << 30)) >> 31) + 65535;
      add(i, static_cast<int32_t>(t < 0 ? 0 : t > 65535 ? 65535 : t));
    }
  }
  // 1 / sum: the sum as 1 + x with 16 bits for x. Proper tables give between 15 and 31 bits.
  sum = sum < 16384 ? 16384 : sum > INT32_MAX ? INT32_MAX : sum;
  const int32_t leading = __builtin_clz(sum);
  const int64_t shifted = ((int64_t{sum} << (leading - 1)) + (1 << 13)) >> 14;
  int64_t t = shifted - 65536;
  t = t < 0 ? 0 : t > 65535 ? 65535 : t;
  const uint32_t inverse =
      static_cast<uint32_t>(softmax16_look_up(tables + SOFTMAX16_ENTRIES, static_cast<int32_t>(t)));
  const int32_t down = 31 - leading;
  const uint32_t round = uint32_t{1} << (down - 1);
  for (int32_t i = 0; i < depth; i++) {
    const uint32_t value = (static_cast<uint32_t>(out[i]) * inverse + round) >> down;
    out[i] = static_cast<int16_t>(value < 32767 ? value : 32767);
  }
}

void softmax16(const Call* call) {
  const Softmax16Params& p = *static_cast<const Softmax16Params*>(call->params);
  if (p.depth == 0) return;
  const int32_t* tables = static_cast<const int32_t*>(call->slots[SOFTMAX16_TABLE]);
  const FixedFactor factor = fixed_factor(static_cast<double>(p.in_scale * p.beta) / (10.0 / 65535.0));
  const int64_t group = 4096 / p.depth + 1;
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    for (int64_t row = task * group; row < (task + 1) * group && row < p.rows; row++) {
      const int16_t* in = static_cast<const int16_t*>(call->slots[SOFTMAX16_IN]) + row * p.depth;
      softmax16_row(in, tables, static_cast<int16_t*>(call->slots[SOFTMAX16_OUT]) + row * p.depth, p.depth, factor);
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SOFTMAX16_ROWS_H_
