// softmax16 as loops that the compiler makes vectors of: built for the baseline and once more for AVX2, which gathers.
// Internal linkage throughout.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_SOFTMAX16_ROWS_H_
#define SINTER_KERNELS_SOFTMAX16_ROWS_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/softmax16/op.h"
#include "kernels/softmax16/steps.h"

namespace sinter {
namespace {

void softmax16_row(const int16_t* in, const int32_t* tables, int16_t* out, int32_t depth, const Softmax16Place& place) {
  int16_t largest = -32768;
  for (int32_t i = 0; i < depth; i++) largest = in[i] > largest ? in[i] : largest;
  const Softmax16Place p = place;
  uint32_t sum = 0;
  const auto add = [&](int32_t i, int32_t t) __attribute__((always_inline)) {
    const int32_t power = softmax16_look_up(tables, t);
    out[i] = static_cast<int16_t>(power);
    sum += static_cast<uint32_t>(power);
  };
  if (p.usual()) {
    for (int32_t i = 0; i < depth; i++) add(i, p.of_usual(in[i], largest));
  } else {
    for (int32_t i = 0; i < depth; i++) add(i, p.of_large(in[i], largest));
  }
  const Softmax16Inverse inverse(sum, tables + SOFTMAX16_ENTRIES);
  for (int32_t i = 0; i < depth; i++) out[i] = inverse(out[i]);
}

void softmax16(const Call* call) {
  const Softmax16Params& p = *static_cast<const Softmax16Params*>(call->params);
  if (p.depth == 0) return;
  const int32_t* tables = static_cast<const int32_t*>(call->slots[SOFTMAX16_TABLE]);
  const Softmax16Place place(fixed_factor(static_cast<double>(p.in_scale * p.beta) / (10.0 / 65535.0)));
  const int64_t group = 4096 / p.depth + 1;
  parallel_for(call->workers, (p.rows + group - 1) / group, [&](int64_t task, int) {
    for (int64_t row = task * group; row < (task + 1) * group && row < p.rows; row++) {
      const int16_t* in = static_cast<const int16_t*>(call->slots[SOFTMAX16_IN]) + row * p.depth;
      softmax16_row(in, tables, static_cast<int16_t*>(call->slots[SOFTMAX16_OUT]) + row * p.depth, p.depth, place);
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SOFTMAX16_ROWS_H_
